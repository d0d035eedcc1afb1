#include "internal.h"

#include "domain/cbor.h"
#include "platform/file.h"

#include <stdio.h>
#include <string.h>

#define STATE_FILE    "service.state"
#define STATE_VERSION 1
#define STATE_BYTES   2048

void service_path(const struct service *service, const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", service->folder, name);
}

static int encode(const struct state *state, uint8_t *out, size_t cap, size_t *out_len)
{
    struct cbor_writer w;

    cbor_writer_init(&w, out, cap);
    cbor_write_array(&w, 12);
    cbor_write_uint(&w, STATE_VERSION);
    cbor_write_uint(&w, state->update.order);
    cbor_write_uint(&w, state->update.phase);
    cbor_write_uint(&w, state->update.tries);
    cbor_write_uint(&w, state->update.told);
    cbor_write_uint(&w, state->update.outcome);
    cbor_write_text(&w, state->update.version);
    cbor_write_text(&w, state->update.boot);
    cbor_write_text(&w, state->update.reason);
    cbor_write_uint(&w, state->reboot);
    cbor_write_text(&w, state->reboot_boot);
    cbor_write_array(&w, state->ended_count + 1);
    cbor_write_uint(&w, state->reboot_tries);
    for (uint32_t i = 0; i < state->ended_count; i++)
        cbor_write_uint(&w, state->ended[i]);
    return cbor_writer_finish(&w, out_len);
}

static int decode(const uint8_t *data, size_t len, struct state *out_state)
{
    struct state state = {0};
    struct cbor_reader r;

    cbor_reader_init(&r, data, len);
    if (cbor_read_array(&r) != 12 || cbor_read_uint(&r) != STATE_VERSION)
        return -EBADMSG;
    state.update.order = cbor_read_uint(&r);
    state.update.phase = (uint8_t)cbor_read_u32(&r);
    state.update.tries = (uint8_t)cbor_read_u32(&r);
    state.update.told = (uint8_t)cbor_read_u32(&r);
    state.update.outcome = (uint8_t)cbor_read_u32(&r);
    cbor_read_text_into(&r, state.update.version, sizeof(state.update.version));
    cbor_read_text_into(&r, state.update.boot, sizeof(state.update.boot));
    cbor_read_text_into(&r, state.update.reason, sizeof(state.update.reason));
    state.reboot = cbor_read_uint(&r);
    cbor_read_text_into(&r, state.reboot_boot, sizeof(state.reboot_boot));
    uint64_t count = cbor_read_array(&r);
    if (count < 1 || count > ENDED_MAX + 1)
        return -EBADMSG;
    state.reboot_tries = (uint8_t)cbor_read_u32(&r);
    for (; state.ended_count + 1 < count; state.ended_count++)
        state.ended[state.ended_count] = cbor_read_uint(&r);
    if (cbor_reader_finish(&r) < 0 || state.update.phase > JOB_ENDING)
        return -EBADMSG;
    *out_state = state;
    return 0;
}

int state_load(const char *folder, struct state *out_state)
{
    char path[PATH_MAX];
    struct buffer bytes;
    int r;

    snprintf(path, sizeof(path), "%s/%s", folder, STATE_FILE);
    buffer_init(&bytes, STATE_BYTES);
    r = file_read(path, &bytes);
    if (r == 0)
        r = decode(bytes.data, bytes.len, out_state);
    buffer_finish(&bytes);
    return r;
}

int state_save(const struct service *service)
{
    char path[PATH_MAX];
    uint8_t bytes[STATE_BYTES];
    size_t len;
    int r = encode(&service->state, bytes, sizeof(bytes), &len);

    service_path(service, STATE_FILE, path);
    return r < 0 ? r : file_write_atomic(path, bytes, len, 0600);
}

bool state_has_ended(const struct state *state, uint64_t order)
{
    for (uint32_t i = 0; i < state->ended_count; i++) {
        if (state->ended[i] == order)
            return true;
    }
    return false;
}

void state_end(struct state *state, uint64_t order)
{
    if (state->ended_count == ENDED_MAX) {
        memmove(state->ended, state->ended + 1, sizeof(state->ended) - sizeof(state->ended[0]));
        state->ended_count--;
    }
    state->ended[state->ended_count++] = order;
}
