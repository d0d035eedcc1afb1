#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../backends.h"
#include "../copy.h"
#include "../picture.h"
#include "../rate.h"
#include "../scene.h"
#include "../wait.h"

#define SHOW_MS     2000
#define WAITING_MAX 32
#define SEEN_MAX    64
#define NAME_BYTES  256

/*
 * A folder instead of a lens: each picture that is written or moved into it passes before the camera for a while, one
 * after the other. What lay there before stays unseen; touching a file shows it again. Nothing is moved or deleted.
 */
struct camera_folder {
    struct camera base;
    struct rate rate;
    int inotify;
    int cancel_fd;
    int show_ms;
    char folder[HAL_DEVICE_MAX];
    struct scene scene;
    bool showing;
    bool changed; /* the scene differs from the last frame given */
    int64_t until_ns;
    uint64_t sequence;
    char waiting[WAITING_MAX][NAME_BYTES];
    size_t waiting_from;
    size_t waiting_count;
    struct {
        char name[NAME_BYTES];
        struct timespec modified;
    } seen[SEEN_MAX]; /* an editor writes a file several times; one state of it is shown once */
    size_t seen_next;
};

static bool is_picture_name(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < ARRAY_LEN(ends); i++) {
        if (strcasecmp(dot, ends[i]) == 0) {
            return name[0] != '.';
        }
    }
    return false;
}

/* Full: the oldest of those that wait is forgotten; the newest picture is what somebody just dropped. */
static void enqueue(struct camera_folder *folder, const char *name)
{
    size_t at;

    if (!is_picture_name(name) || strlen(name) >= NAME_BYTES) {
        return;
    }
    if (folder->waiting_count == WAITING_MAX) {
        folder->waiting_from = (folder->waiting_from + 1) % WAITING_MAX;
        folder->waiting_count--;
    }
    at = (folder->waiting_from + folder->waiting_count++) % WAITING_MAX;
    copy_text(folder->waiting[at], NAME_BYTES, name);
}

/* -ENODEV when the folder itself went away. */
static int take_news(struct camera_folder *folder)
{
    char news[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t n;

    while ((n = read(folder->inotify, news, sizeof(news))) > 0) {
        for (char *at = news; at < news + n;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;

            if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
                return -ENODEV;
            }
            if (event->len > 0) {
                enqueue(folder, event->name);
            }
            at += sizeof(*event) + event->len;
        }
    }
    return 0;
}

static bool already_seen(struct camera_folder *folder, const char *name, const struct stat *status)
{
    for (size_t i = 0; i < SEEN_MAX; i++) {
        if (strcmp(folder->seen[i].name, name) == 0 &&
            memcmp(&folder->seen[i].modified, &status->st_mtim, sizeof(status->st_mtim)) == 0) {
            return true;
        }
    }
    copy_text(folder->seen[folder->seen_next].name, NAME_BYTES, name);
    folder->seen[folder->seen_next].modified = status->st_mtim;
    folder->seen_next = (folder->seen_next + 1) % SEEN_MAX;
    return false;
}

/* False for a file that is gone again, was shown already or is no picture: the next one gets its turn. */
static bool show_file(struct camera_folder *folder, const char *name)
{
    char path[HAL_DEVICE_MAX + NAME_BYTES];
    struct pixels picture = {0};
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", folder->folder, name);
    if (stat(path, &status) < 0 || already_seen(folder, name, &status) || picture_load(path, &picture) < 0) {
        return false;
    }
    scene_show(&folder->scene, &picture);
    picture_finish(&picture);
    folder->showing = true;
    folder->changed = true;
    folder->until_ns = hal_now_ns() + folder->show_ms * HAL_NS_PER_MS;
    return true;
}

static void change_scene(struct camera_folder *folder)
{
    if (folder->showing && hal_now_ns() < folder->until_ns) {
        return;
    }
    if (folder->showing) {
        scene_empty(&folder->scene);
        folder->showing = false;
        folder->changed = true;
        /* One empty frame between two pictures: the same code twice is two codes. */
        return;
    }
    while (folder->waiting_count > 0) {
        const char *name = folder->waiting[folder->waiting_from];

        folder->waiting_from = (folder->waiting_from + 1) % WAITING_MAX;
        folder->waiting_count--;
        if (show_file(folder, name)) {
            return;
        }
    }
}

/* Waits until a frame is due, or earlier until a picture arrives before an empty scene. */
static int wait_due(struct camera_folder *folder, int64_t deadline_ns)
{
    for (;;) {
        int64_t due = rate_due_ns(&folder->rate);
        struct pollfd polled[3] = {{.fd = folder->inotify, .events = POLLIN},
                                   {.fd = folder->rate.wake_fd, .events = POLLIN},
                                   {.fd = folder->cancel_fd, .events = POLLIN}};
        int64_t until = due < deadline_ns ? due : deadline_ns;
        int64_t left = until - hal_now_ns();
        struct timespec span = {.tv_sec = left > 0 ? left / 1000000000LL : 0,
                                .tv_nsec = left > 0 ? left % 1000000000LL : 0};
        int error;

        if (ppoll(polled, 3, &span, NULL) < 0 && errno != EINTR) {
            return -errno;
        }
        if (polled[2].revents) {
            return -ECANCELED;
        }
        hal_wake_clear(folder->rate.wake_fd);
        error = take_news(folder);
        if (error || (folder->waiting_count > 0 && !folder->showing)) {
            return error;
        }
        if (hal_now_ns() >= rate_due_ns(&folder->rate)) {
            return 0;
        }
        if (hal_now_ns() >= deadline_ns) {
            return -ETIMEDOUT;
        }
    }
}

static int folder_wait_frame(struct camera *camera, int timeout_ms, struct camera_frame *out_frame)
{
    struct camera_folder *folder = (struct camera_folder *)camera;
    int error = wait_due(folder, hal_deadline_ns(timeout_ms));

    if (error) {
        return error;
    }
    change_scene(folder);
    scene_frame(&folder->scene, out_frame);
    folder->rate.last_ns = hal_now_ns();
    out_frame->taken_ns = folder->rate.last_ns;
    out_frame->sequence = ++folder->sequence;
    out_frame->same_scene = !folder->changed && folder->sequence > 1;
    folder->changed = false;
    return 0;
}

static void folder_set_rate(struct camera *camera, enum camera_rate rate)
{
    rate_set(&((struct camera_folder *)camera)->rate, rate);
}

static void folder_close(struct camera *camera)
{
    struct camera_folder *folder = (struct camera_folder *)camera;

    if (folder->inotify >= 0) {
        close(folder->inotify);
    }
    scene_finish(&folder->scene);
    rate_finish(&folder->rate);
    free(folder);
}

static const struct camera_ops folder_ops = {
    .wait_frame = folder_wait_frame,
    .set_rate = folder_set_rate,
    .close = folder_close,
};

static int folder_start(struct camera_folder *folder, const struct camera_spec *spec)
{
    uint32_t news = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    int error = rate_init(&folder->rate);

    if (!error) {
        error = scene_init(&folder->scene, spec->width, spec->height);
    }
    if (error) {
        return error;
    }
    if (mkdir(spec->folder, 0755) < 0 && errno != EEXIST) {
        return errno == ENOENT ? -ENODEV : -errno;
    }
    folder->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (folder->inotify < 0 || inotify_add_watch(folder->inotify, spec->folder, news) < 0) {
        return -errno;
    }
    return 0;
}

int camera_folder_open(const struct camera_spec *spec, struct hal_context *context, struct camera **out_device)
{
    struct camera_folder *folder;
    int error;

    if (spec->folder[0] == '\0') {
        hal_context_reason(context, "camera: no folder is named");
        return -EINVAL;
    }
    folder = calloc(1, sizeof(*folder));
    if (!folder) {
        return -ENOMEM;
    }
    folder->base.ops = &folder_ops;
    folder->inotify = -1;
    folder->rate.wake_fd = -1;
    folder->cancel_fd = context->cancel_fd;
    folder->show_ms = spec->show_ms ? spec->show_ms : SHOW_MS;
    snprintf(folder->folder, sizeof(folder->folder), "%s", spec->folder);
    error = folder_start(folder, spec);
    if (error) {
        hal_context_reason(context, "camera folder %.100s: %s", spec->folder, strerror(-error));
        folder_close(&folder->base);
        return error;
    }
    *out_device = &folder->base;
    return 0;
}
