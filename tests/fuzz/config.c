#include "fuzz.h"

#include "central/config.h"
#include "hal/board.h"

#define INI_MAX 8192

/* A board file, and its first line as an override and as an address on the command line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct board board, before; /* large */
    struct slice rest = {data, size};
    char text[INI_MAX], line[256], error[BOARD_ERROR_MAX] = "";
    struct central_endpoint endpoint;
    fuzz_text(rest, text, sizeof text);
    int rc = board_parse(text, "fuzz.ini", &board, error);
    MUST(rc == 0 || (rc == -EINVAL && error[0] != '\0' && strchr(error, '\n') == NULL));
    if (rc != 0)
        memset(&board, 0, sizeof board);
    fuzz_text(fuzz_part(&rest, '\n'), line, sizeof line);
    before = board;
    if (board_override(&board, line, error) != 0)
        MUST(memcmp(&before, &board, sizeof board) == 0);
    rc = central_endpoint_parse(line, &endpoint);
    MUST(rc == 0 || rc == -EINVAL);
    return 0;
}
