#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "../backends.h"
#include "../panel.h"
#include "../wait.h"

#define CARDS_MAX   8
#define FLIP_MAX_MS 200 /* a flip that has not come by then is lost; drawing goes on */

struct dumb {
    uint32_t handle;
    uint32_t framebuffer;
    size_t length;
    struct pixels pixels;
};

/*
 * The screen without Mesa: two dumb buffers, shown in turn by page flips. What changed last time is still old in the
 * buffer that is drawn now, so both damages are copied. A driver without page flips gets one buffer and "dirty" calls.
 */
struct display_kms {
    struct display base;
    int fd;
    uint32_t connector;
    uint32_t crtc;
    drmModeModeInfo mode;
    drmModeCrtc *before; /* what the console showed, given back at close */
    struct dumb buffers[2];
    int shown;
    bool flips;
    bool pending; /* a flip was asked for and has not happened */
    struct rect last[DISPLAY_DAMAGE_MAX];
    size_t last_count;
};

static int gone(int error)
{
    return error == -EACCES || error == -EPERM || error == -EBUSY ? -EIO : -ENODEV;
}

static void on_flip(int fd, unsigned sequence, unsigned seconds, unsigned microseconds, void *context)
{
    (void)fd;
    (void)sequence;
    (void)seconds;
    (void)microseconds;
    ((struct display_kms *)context)->pending = false;
}

static int finish_flip(struct display_kms *self)
{
    drmEventContext events = {.version = 2, .page_flip_handler = on_flip};
    int64_t deadline = hal_deadline_ns(FLIP_MAX_MS);

    while (self->pending) {
        int error = hal_wait_fd(self->fd, POLLIN, -1, deadline);

        if (error == -ETIMEDOUT) {
            self->pending = false;
            return 0;
        }
        if (error || drmHandleEvent(self->fd, &events) < 0) {
            return -ENODEV;
        }
    }
    return 0;
}

static void copy_all(struct display_kms *self, const struct rect *damage, size_t n, const struct dumb *to)
{
    for (size_t i = 0; i < n; i++) {
        panel_copy(&self->base.frame, self->base.size.rotation, damage[i], &to->pixels);
    }
}

static int present_dirty(struct display_kms *self, const struct rect *damage, size_t n)
{
    drmModeClip clips[DISPLAY_DAMAGE_MAX];
    int error;

    copy_all(self, damage, n, &self->buffers[self->shown]);
    for (size_t i = 0; i < n; i++) {
        struct rect at = panel_rect(&self->base.size, damage[i]);

        clips[i] =
            (drmModeClip){(uint16_t)at.x, (uint16_t)at.y, (uint16_t)(at.x + at.width), (uint16_t)(at.y + at.height)};
    }
    error = drmModeDirtyFB(self->fd, self->buffers[self->shown].framebuffer, clips, (uint32_t)n);
    /* Hardware that scans memory out by itself has no such call and needs none. */
    return error == 0 || error == -ENOSYS || error == -EINVAL ? 0 : gone(error);
}

static int present_flip(struct display_kms *self, const struct rect *damage, size_t n)
{
    int next = 1 - self->shown;
    int error = finish_flip(self);

    if (error) {
        return error;
    }
    copy_all(self, self->last, self->last_count, &self->buffers[next]);
    copy_all(self, damage, n, &self->buffers[next]);
    error = drmModePageFlip(self->fd, self->crtc, self->buffers[next].framebuffer, DRM_MODE_PAGE_FLIP_EVENT, self);
    if (error == -EINVAL || error == -ENOSYS) {
        self->flips = false;
        return present_dirty(self, damage, n);
    }
    if (error) {
        return gone(error);
    }
    self->pending = true;
    self->shown = next;
    memcpy(self->last, damage, n * sizeof(damage[0]));
    self->last_count = n;
    return 0;
}

static int kms_present(struct display *display, const struct rect *damage, size_t n)
{
    struct display_kms *self = (struct display_kms *)display;

    return self->flips ? present_flip(self, damage, n) : present_dirty(self, damage, n);
}

static void dumb_finish(int fd, struct dumb *dumb)
{
    if (dumb->pixels.xrgb) {
        munmap(dumb->pixels.xrgb, dumb->length);
    }
    if (dumb->framebuffer) {
        drmModeRmFB(fd, dumb->framebuffer);
    }
    if (dumb->handle) {
        drmModeDestroyDumbBuffer(fd, dumb->handle);
    }
    *dumb = (struct dumb){0};
}

static void kms_close(struct display *display)
{
    struct display_kms *self = (struct display_kms *)display;

    if (self->fd >= 0) {
        (void)finish_flip(self);
        if (self->before) {
            drmModeSetCrtc(self->fd, self->before->crtc_id, self->before->buffer_id, self->before->x, self->before->y,
                           &self->connector, 1, &self->before->mode);
        }
        dumb_finish(self->fd, &self->buffers[0]);
        dumb_finish(self->fd, &self->buffers[1]);
        close(self->fd);
    }
    drmModeFreeCrtc(self->before);
    panel_frame_finish(&self->base);
    free(self);
}

static const struct display_ops kms_ops = {.present = kms_present, .close = kms_close};

static int dumb_init(const struct display_kms *self, struct dumb *out_dumb)
{
    struct dumb *dumb = out_dumb;
    uint64_t offset = 0;
    uint64_t length = 0;
    uint32_t stride = 0;
    int width = self->mode.hdisplay;
    int height = self->mode.vdisplay;
    void *memory;
    int error;

    error =
        drmModeCreateDumbBuffer(self->fd, (uint32_t)width, (uint32_t)height, 32, 0, &dumb->handle, &stride, &length);
    if (!error) {
        error =
            drmModeAddFB(self->fd, (uint32_t)width, (uint32_t)height, 24, 32, stride, dumb->handle, &dumb->framebuffer);
    }
    if (!error) {
        error = drmModeMapDumbBuffer(self->fd, dumb->handle, &offset);
    }
    if (error) {
        return error;
    }
    memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, (off_t)offset);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    memset(memory, 0, length);
    dumb->length = length;
    dumb->pixels = (struct pixels){memory, width, height, (int)stride};
    return 0;
}

/* The mode of the wanted size, else the preferred one, else the first. */
static void choose_mode(struct display_kms *self, const struct display_spec *spec, const drmModeConnector *connector)
{
    struct display_size wanted = {.width = spec->width, .height = spec->height, .rotation = spec->rotation};
    int width;
    int height;

    panel_size(&wanted, &width, &height);
    self->mode = connector->modes[0];
    for (int i = connector->count_modes - 1; i >= 0; i--) {
        if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED) {
            self->mode = connector->modes[i];
        }
    }
    for (int i = connector->count_modes - 1; i >= 0; i--) {
        if (connector->modes[i].hdisplay == width && connector->modes[i].vdisplay == height) {
            self->mode = connector->modes[i];
        }
    }
}

/* The CRTC the connector already uses, else the first it can use. 0 when there is none. */
static uint32_t choose_crtc(int fd, const drmModeRes *resources, const drmModeConnector *connector)
{
    uint32_t found = 0;

    for (int i = 0; i < connector->count_encoders && !found; i++) {
        drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoders[i]);

        if (!encoder) {
            continue;
        }
        found = encoder->encoder_id == connector->encoder_id ? encoder->crtc_id : 0;
        for (int c = 0; c < resources->count_crtcs && !found; c++) {
            found = encoder->possible_crtcs & (1U << c) ? resources->crtcs[c] : 0;
        }
        drmModeFreeEncoder(encoder);
    }
    return found;
}

static int choose_output(struct display_kms *self, const struct display_spec *spec, int *out_dpi)
{
    drmModeRes *resources = drmModeGetResources(self->fd);
    int error = -ENODEV;

    for (int i = 0; resources && i < resources->count_connectors && error; i++) {
        drmModeConnector *connector = drmModeGetConnector(self->fd, resources->connectors[i]);

        if (connector && connector->connection == DRM_MODE_CONNECTED && connector->count_modes > 0) {
            self->connector = connector->connector_id;
            self->crtc = choose_crtc(self->fd, resources, connector);
            choose_mode(self, spec, connector);
            *out_dpi = connector->mmWidth > 50 ? (int)(self->mode.hdisplay * 254U / (connector->mmWidth * 10U)) : 0;
            error = self->crtc ? 0 : -ENODEV;
        }
        drmModeFreeConnector(connector);
    }
    drmModeFreeResources(resources);
    return error;
}

static int kms_start(struct display_kms *self, const struct display_spec *spec)
{
    struct display_size turned = {.rotation = spec->rotation};
    struct display_spec known = *spec;
    uint64_t dumb = 0;
    int width;
    int height;
    int dpi = 0;
    int error;

    if (drmGetCap(self->fd, DRM_CAP_DUMB_BUFFER, &dumb) < 0 || !dumb) {
        return -ENODEV;
    }
    error = choose_output(self, spec, &dpi);
    if (error) {
        return error;
    }
    turned.width = self->mode.hdisplay;
    turned.height = self->mode.vdisplay;
    panel_size(&turned, &width, &height);
    known.dpi = spec->dpi ? spec->dpi : dpi;
    error = panel_frame_init(&self->base, &known, width, height);
    for (size_t i = 0; i < ARRAY_LEN(self->buffers) && !error; i++) {
        error = dumb_init(self, &self->buffers[i]);
    }
    if (error) {
        return error;
    }
    self->before = drmModeGetCrtc(self->fd, self->crtc);
    return drmModeSetCrtc(self->fd, self->crtc, self->buffers[0].framebuffer, 0, 0, &self->connector, 1, &self->mode);
}

static int kms_try(const char *path, const struct display_spec *spec, struct display **out_device)
{
    struct display_kms *self = calloc(1, sizeof(*self));
    int error;

    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &kms_ops;
    self->flips = true;
    self->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    error = self->fd < 0 ? -errno : kms_start(self, spec);
    if (error) {
        kms_close(&self->base);
        return error == -ENOENT || error == -ENXIO ? -ENODEV : error;
    }
    *out_device = &self->base;
    return 0;
}

int display_kms_open(const struct display_spec *spec, struct hal_context *context, struct display **out_device)
{
    bool automatic = spec->device[0] == '\0' || strcmp(spec->device, "auto") == 0;
    int error = -ENODEV;

    if (!automatic) {
        error = kms_try(spec->device, spec, out_device);
    }
    for (int n = 0; automatic && error != 0 && n < CARDS_MAX; n++) {
        char path[32];
        int tried;

        snprintf(path, sizeof(path), "/dev/dri/card%d", n);
        tried = kms_try(path, spec, out_device);
        error = tried == -ENODEV ? error : tried;
    }
    if (error) {
        hal_context_reason(context, "screen %.100s: %s", automatic ? "/dev/dri/card*" : spec->device,
                           error == -ENODEV ? "no connected display" : strerror(-error));
    }
    return error;
}
