#include "central/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char help[] =
    "tillside-central " TILLSIDE_VERSION " – the central account of Tillside\n"
    "\n"
    "  tillside-central init   --data DIR [--brand-name NAME] [--brand-name-en NAME]\n"
    "      Makes books, keys and certificate. Never overwrites.\n"
    "  tillside-central serve  --data DIR [options]\n"
    "      Runs until SIGTERM or SIGINT. Prints \"ready TERMINALS-PORT PUBLIC-PORT\" when it listens.\n"
    "  tillside-central admin  …\n"
    "      Manages stores, terminals, clerks, campaigns, members and prints the books (admin --help).\n"
    "  tillside-central doctor --data DIR\n"
    "      Checks database, journals, signatures, ledger, redemptions, backup, space and clock; reads only, also "
    "while\n"
    "      serve runs.\n"
    "  tillside-central --help | --version\n"
    "\n"
    "Options of serve:\n"
    "  --data DIR              where everything is kept (folder of mode 0700)\n"
    "  --listen ADDR:PORT      TLS, for terminals (127.0.0.1:8443; port 0: any free one)\n"
    "  --public ADDR:PORT      plain HTTP, for phones and WeChat, behind a reverse proxy (127.0.0.1:8080)\n"
    "  --url URL               what enrolment codes name (https:// and the address of --listen)\n"
    "  --public-url URL        what phones open (http:// and the address of --public)\n"
    "  --admin-socket PATH     of the admin command (DIR/admin.sock)\n"
    "  --backup-hours N        a verified backup in DIR/backup every N hours (24; 0: none)\n"
    "  --webhooks-anywhere     webhooks also to http and to addresses inside the house\n"
    "  --log FILE              log file beside stderr, turned over at 1 MiB\n"
#ifdef TILLSIDE_SIM
    "  --played-clock FILE     the time is the machine's plus the milliseconds in FILE (scenarios)\n"
#endif
    "\n"
    "Exit codes: 0 done · 1 other failure · 2 wrong usage · 3 no books yet (init) · 4 books exist already · 5 books "
    "in\n"
    "use by another process · 6 address or port not available · 7 books, keys or a journal damaged · 8 disk full or\n"
    "failing\n";

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"init", command_init}, {"serve", command_serve}, {"admin", admin_main}, {"doctor", command_doctor}};
    if (argc < 2) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("tillside-central " TILLSIDE_VERSION);
        return EXIT_DONE;
    }
    if (crypto_start() < 0) {
        fputs("tillside-central: cryptography is not available on this machine\n", stderr);
        return EXIT_OTHER;
    }
    signal(SIGPIPE, SIG_IGN);
    umask(0077);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "tillside-central: no command \"%s\"\nTry: tillside-central --help\n", argv[1]);
    return EXIT_USAGE;
}
