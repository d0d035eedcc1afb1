#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../updater_backends.h"
#include "../wait.h"

/*
 * A word on a connection of its own, lines back until the other end closes. What comes back is believed as far as its
 * form goes: everything is bounded, and a line that is not known says nothing.
 */

#define ANSWER_MAX 4096
#define SHORT_MS   30000
#define INSPECT_MS (5 * 60000)
#define INSTALL_MS (35 * 60000) /* the helper gives up after 30 */

struct updater_socket {
    struct updater base;
    char path[HAL_DEVICE_MAX];
    int cancel_fd;
};

static int reach(const struct updater_socket *self, char *out_reason, int *out_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(self->path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, self->path, strlen(self->path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        snprintf(out_reason, UPDATER_REASON_MAX, "no updater on this device: %.60s", self->path);
        close(fd);
        return -ENODEV;
    }
    *out_fd = fd;
    return 0;
}

static int send_word(int fd, const char *word)
{
    char line[64];
    int length = snprintf(line, sizeof(line), "%s\n", word);

    if (length >= (int)sizeof(line)) {
        return -EMSGSIZE;
    }
    if (send(fd, line, (size_t)length, MSG_NOSIGNAL) != length) {
        return -EIO;
    }
    return shutdown(fd, SHUT_WR) < 0 ? -errno : 0;
}

/* How much is kept then. What does not fit: newest, what came before gives way; else, what comes. */
static size_t keep(struct slice room, size_t kept, struct slice came, bool newest)
{
    char *out = (char *)(uintptr_t)room.data;
    size_t left;

    if (newest && came.len > room.len) {
        came = (struct slice){came.data + came.len - room.len, room.len};
    }
    if (newest && kept + came.len > room.len) {
        size_t gone = kept + came.len - room.len;
        kept -= gone;
        memmove(out, out + gone, kept);
    }
    left = room.len - kept;
    memcpy(out + kept, came.data, came.len < left ? came.len : left);
    return kept + (came.len < left ? came.len : left);
}

/* All of it; returns how much was kept. */
static ssize_t receive(int fd, int cancel_fd, int64_t deadline_ns, struct slice room, bool newest)
{
    uint8_t part[1024];
    size_t kept = 0;

    for (;;) {
        int error = hal_wait_fd(fd, POLLIN, cancel_fd, deadline_ns);
        ssize_t got;

        if (error && error != -ENODEV) {
            return error;
        }
        got = read(fd, part, sizeof(part));
        if (got == 0) {
            return (ssize_t)kept;
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
        kept = keep(room, kept, (struct slice){part, got > 0 ? (size_t)got : 0}, newest);
    }
}

struct question {
    const char *word;
    int timeout_ms;
    char *out;
    size_t cap;
    bool newest;
};

static int ask(const struct updater_socket *self, const struct question *question, char *out_reason, size_t *out_len)
{
    int fd = -1;
    int error = reach(self, out_reason, &fd);
    ssize_t length;

    if (error) {
        return error;
    }
    error = send_word(fd, question->word);
    length = error ? error
                   : receive(fd, self->cancel_fd, hal_deadline_ns(question->timeout_ms),
                             (struct slice){(const uint8_t *)question->out, question->cap}, question->newest);
    close(fd);
    if (length < 0) {
        snprintf(out_reason, UPDATER_REASON_MAX, "the updater does not answer: %s", strerror((int)-length));
        return (int)length;
    }
    *out_len = (size_t)length;
    return 0;
}

/* The value behind "key " on a line of its own; false when there is none. Cut to cap. */
static bool find(const char *text, const char *key, char *out, size_t cap)
{
    size_t length = strlen(key);

    for (const char *line = text; line && *line != '\0'; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        if (strncmp(line, key, length) == 0 && line[length] == ' ') {
            snprintf(out, cap, "%.*s", (int)strcspn(line + length + 1, "\r\n"), line + length + 1);
            return true;
        }
    }
    return false;
}

/* Asks for lines; a refusal or a failure among them is the answer. */
static int ask_lines(struct updater *updater, const struct question *question, char *out_reason)
{
    size_t length = 0;
    int error = ask((struct updater_socket *)updater, question, out_reason, &length);

    if (error) {
        return error;
    }
    question->out[length] = '\0';
    if (find(question->out, "refused", out_reason, UPDATER_REASON_MAX)) {
        return -EKEYREJECTED;
    }
    return find(question->out, "failed", out_reason, UPDATER_REASON_MAX) ? -EIO : 0;
}

static int nonsense(char *out_reason)
{
    snprintf(out_reason, UPDATER_REASON_MAX, "the updater's answer is not understood");
    return -EIO;
}

static int timeout_of(const char *word)
{
    if (strncmp(word, "acts ", 5) == 0) {
        return INSPECT_MS; /* a slow stick takes its time */
    }
    return strcmp(word, "install") == 0 ? INSTALL_MS : SHORT_MS;
}

/* A word that is answered by one word of its own. */
static int ask_done(struct updater *updater, const char *word, const char *done, char *out_reason)
{
    char text[ANSWER_MAX];
    int error =
        ask_lines(updater, &(struct question){word, timeout_of(word), text, sizeof(text) - 1, false}, out_reason);

    if (error) {
        return error;
    }
    return strncmp(text, done, strlen(done)) == 0 ? 0 : nonsense(out_reason);
}

static int socket_state(struct updater *updater, struct updater_state *out_state, char *out_reason)
{
    struct updater_state state = {0};
    char text[ANSWER_MAX];
    char good[8] = "";
    int error = ask_lines(updater, &(struct question){"state", SHORT_MS, text, sizeof(text) - 1, false}, out_reason);

    if (error) {
        return error;
    }
    if (!find(text, "version", state.version, sizeof(state.version)) ||
        !find(text, "boot", state.boot, sizeof(state.boot))) {
        return nonsense(out_reason);
    }
    find(text, "slot", state.slot, sizeof(state.slot));
    find(text, "floor", state.floor, sizeof(state.floor));
    find(text, "good", good, sizeof(good));
    state.good = strcmp(good, "yes") == 0;
    *out_state = state;
    return 0;
}

static int socket_inspect(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason)
{
    struct updater_bundle bundle = {0};
    char text[ANSWER_MAX];
    int error =
        ask_lines(updater, &(struct question){"inspect", INSPECT_MS, text, sizeof(text) - 1, false}, out_reason);

    if (error) {
        return error;
    }
    if (!find(text, "compatible", bundle.compatible, sizeof(bundle.compatible)) ||
        !find(text, "version", bundle.version, sizeof(bundle.version))) {
        return nonsense(out_reason);
    }
    *out_bundle = bundle;
    return 0;
}

static int socket_install(struct updater *updater, char *out_reason)
{
    return ask_done(updater, "install", "installed", out_reason);
}

static int socket_reboot(struct updater *updater, char *out_reason)
{
    return ask_done(updater, "reboot", "rebooting", out_reason);
}

static int socket_journal(struct updater *updater, char *out_text, size_t cap, size_t *out_len)
{
    char reason[UPDATER_REASON_MAX];

    return ask((struct updater_socket *)updater, &(struct question){"journal", SHORT_MS, out_text, cap, true}, reason,
               out_len);
}

static int socket_take(struct updater *updater, char *out_folder, char *out_reason)
{
    char text[ANSWER_MAX];
    int error = ask_lines(updater, &(struct question){"stick", SHORT_MS, text, sizeof(text) - 1, false}, out_reason);

    if (error) {
        return error == -EKEYREJECTED ? -ENOENT : error;
    }
    return find(text, "folder", out_folder, HAL_DEVICE_MAX) && out_folder[0] == '/' ? 0 : nonsense(out_reason);
}

static int socket_return(struct updater *updater, char *out_reason)
{
    return ask_done(updater, "unstick", "done", out_reason);
}

static int socket_save(struct updater *updater, const char *label, char *out_reason)
{
    char word[64];
    int error;

    snprintf(word, sizeof(word), "acts %s", label);
    error = ask_done(updater, word, "done", out_reason);
    return error == -EKEYREJECTED ? -ENOENT : error;
}

static int socket_reset(struct updater *updater, char *out_reason)
{
    return ask_done(updater, "reset", "resetting", out_reason);
}

static void socket_close(struct updater *updater)
{
    free(updater);
}

int updater_socket_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater)
{
    static const struct updater_ops ops = {socket_state, socket_inspect, socket_install, socket_reboot, socket_journal,
                                           socket_take,  socket_return,  socket_save,    socket_reset,  socket_close};
    struct updater_socket *self = calloc(1, sizeof(*self));

    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &ops;
    self->cancel_fd = cancel_fd;
    snprintf(self->path, sizeof(self->path), "%s", spec->device[0] != '\0' ? spec->device : UPDATER_SOCKET);
    *out_updater = &self->base;
    return 0;
}
