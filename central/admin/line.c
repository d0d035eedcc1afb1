#include "central/admin/command.h"

#include "domain/clerk.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an -errno means to the person at the console, when the command has no better sentence. */
static const char *sentence(int rc)
{
    switch (-rc) {
    case ENOENT:
        return "not found";
    case EEXIST:
        return "exists already";
    case EALREADY:
        return "was decided before";
    case EPERM:
        return "not allowed in its present state";
    case EINVAL:
        return "a value cannot be right";
    case ERANGE:
        return "a date or number is out of range";
    case EXDEV:
        return "belongs to another store or brand";
    case ENOTUNIQ:
        return "more than one fits";
    case EAGAIN:
        return "central is busy: try again";
    case ENOSPC:
        return "the disk is full";
    case EIO:
        return "the books could not be written: see the log of serve";
    default:
        return strerror(-rc);
    }
}

static bool is_refusal(int rc)
{
    return rc != -EIO && rc != -ENOSPC && rc != -ENOMEM && rc != -EUCLEAN;
}

struct write_job {
    const struct admin_command *command;
    struct admin_call *call;
};

static int run_write(void *arg, struct store_tx *tx)
{
    struct write_job *job = arg;
    return job->command->write(job->call, tx);
}

static int run_read(const struct admin_command *command, struct admin_call *call)
{
    struct store_tx tx;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc == 0) {
        rc = command->read(call, &tx);
        store_read_end(&tx);
    }
    return rc;
}

static int hash_pin(struct admin_call *call)
{
    const char *pin = admin_text(call, "pin", NULL);
    if (!pin) {
        return 0;
    }
    random_fill(call->central->random, call->pin.salt, sizeof(call->pin.salt));
    call->pin.given = true;
    int rc = pin_hash(pin, call->pin.salt, call->pin.hash);
    return rc == -EINVAL ? admin_refuse(call, rc, "a PIN has %d to %d digits", PIN_MIN, PIN_MAX) : rc;
}

static int run_command(const struct admin_command *command, struct admin_call *call)
{
    int rc = hash_pin(call);
    if (rc < 0) {
        return rc;
    }
    if (command->write) {
        struct write_job job = {command, call};
        return writer_call(call->central->writer, run_write, &job);
    }
    if (command->read) {
        return run_read(command, call);
    }
    return command->run ? command->run(call) : -ENOSYS;
}

/* No name, reason or message needs one, XML cannot carry most of them, and a console obeys them. */
static bool has_control(const char *text)
{
    for (; *text; text++) {
        if (((unsigned char)*text < ' ' && !strchr("\n\r\t", *text)) || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

static int check_args(const struct admin_command *command, struct admin_call *call)
{
    const char *spec = command->args;
    struct admin_argument argument;
    while (admin_argument_next(&spec, &argument)) {
        if (argument.required && argument.kind != 'o' && !admin_given(call, argument.name)) {
            return admin_refuse(call, -EINVAL, "%s is missing", argument.name);
        }
        if (argument.kind == 't' && has_control(admin_text(call, argument.name, ""))) {
            return admin_refuse(call, -EINVAL, "%s holds a control character", argument.name);
        }
        if (argument.kind == 'n' && admin_number(call, argument.name, 0) < 0) {
            return admin_refuse(call, -ERANGE, "%s is negative", argument.name);
        }
        if (argument.kind == 'd' && admin_given(call, argument.name) && !admin_moment_ms(call, argument.name)) {
            return admin_refuse(call, -ERANGE, "%s is no day of this era", argument.name);
        }
    }
    return 0;
}

static json_t *answer_of(struct admin_call *call, int rc)
{
    if (rc < 0) {
        return json_pack("{s:b, s:s, s:b}", "ok", 0, "error", call->error[0] ? call->error : sentence(rc), "refused",
                         is_refusal(rc));
    }
    return json_pack("{s:b, s:O, s:O}", "ok", 1, "result", call->result, "pictures", call->pictures);
}

static int dump(json_t *answer, struct buffer *reply)
{
    char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    int rc = text ? buffer_append_text(reply, text) : -ENOMEM;
    if (rc == -E2BIG) {
        buffer_clear(reply);
        rc = buffer_append_text(reply,
                                "{\"ok\":false,\"refused\":true,\"error\":\"the answer is too long: use --limit\"}");
    }
    free(text);
    return rc;
}

int admin_line(struct central *central, const char *line, size_t len, struct buffer *reply)
{
    json_t *request = json_loadb(line, len, 0, NULL);
    const char *name = json_string_value(json_object_get(request, "command"));
    const struct admin_command *command = name ? admin_command_find(name) : NULL;
    struct admin_call call = {.central = central,
                              .args = json_object_get(request, "args"),
                              .result = json_object(),
                              .pictures = json_array()};
    int rc = -ENOSYS;
    if (command && command->rows)
        admin_set(&call, "rows", json_array());
    if (!command || command->client) {
        rc = admin_refuse(&call, rc, "no such command");
    } else {
        rc = check_args(command, &call);
        rc = rc ? rc : run_command(command, &call);
    }
    if (rc == -ENOENT && !call.error[0])
        admin_explain_missing(&call);
    json_t *answer = answer_of(&call, rc);
    rc = dump(answer, reply);
    sodium_memzero(&call.pin, sizeof(call.pin));
    json_decref(answer);
    json_decref(call.result);
    json_decref(call.pictures);
    json_decref(request);
    return rc;
}
