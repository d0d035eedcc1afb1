#include "disk_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void disk_open(struct disk **out_disk)
{
    static _Atomic unsigned number;
    struct disk *disk = calloc(1, sizeof(*disk));
    pthread_mutexattr_t attributes;
    assert(disk);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&disk->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    snprintf(disk->vfs_name, sizeof(disk->vfs_name), "fault-disk-%u", atomic_fetch_add(&number, 1));
    disk_vfs_register(disk);
    *out_disk = disk;
}

static void drop_changes(struct file *file, bool doomed_too)
{
    struct change **link = &file->changes;
    while (*link) {
        struct change *change = *link;
        if (change->doomed && !doomed_too) {
            link = &change->next;
            continue;
        }
        *link = change->next;
        free(change);
    }
    file->changes_end = link;
}

static void file_drop(struct file *file)
{
    drop_changes(file, true);
    content_clear(&file->now);
    content_clear(&file->synced);
    for (size_t i = 0; i < SHM_PAGES_MAX; i++)
        free((void *)file->shm[i]);
    memset(file, 0, sizeof(*file));
}

void disk_close(struct disk *disk)
{
    if (!disk)
        return;
    assert(!disk->handles);
    disk_vfs_unregister(disk);
    for (size_t i = 0; i < FILES_MAX; i++)
        file_drop(&disk->files[i]);
    pthread_mutex_destroy(&disk->mutex);
    free(disk);
}

const char *disk_vfs_name(const struct disk *disk)
{
    return disk->vfs_name;
}

void disk_use_one_thread(struct disk *disk)
{
    disk->one_thread = true;
}

void disk_weaken_sync(struct disk *disk, bool weaken)
{
    disk->weaken = weaken;
}

void disk_lie(struct disk *disk, bool lies)
{
    disk->lies = lies;
}

/* Folders do not matter here: a disk may be read under another path than it was written. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct file *file_find(struct disk *disk, const char *path)
{
    const char *name = base_name(path);
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (disk->files[i].exists && strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    }
    return NULL;
}

struct file *file_make(struct disk *disk, const char *path)
{
    const char *name = base_name(path);
    struct file *file = NULL;
    assert(strlen(name) < NAME_MAX_LEN);
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (strcmp(disk->files[i].name, name) == 0)
            file = &disk->files[i]; /* deleted, but a cut may bring it back */
        else if (!file && disk->files[i].name[0] == '\0')
            file = &disk->files[i];
    }
    assert(file);
    snprintf(file->name, sizeof(file->name), "%s", name);
    file->exists = true;
    if (!file->changes_end)
        file->changes_end = &file->changes;
    return file;
}

static void add_change(struct file *file, const struct change *head, const uint8_t *data)
{
    /* Not of SQLite's region, which a disk that is never flushed would fill. */
    struct change *change = malloc(sizeof(*change) + head->len);
    assert(change);
    *change = *head;
    change->next = NULL;
    if (head->len > 0)
        memcpy(change->data, data, head->len);
    *file->changes_end = change;
    file->changes_end = &change->next;
}

void file_write(struct file *file, int64_t offset, const uint8_t *data, size_t len)
{
    content_write(&file->now, offset, data, len);
    add_change(file, &(struct change){.offset = offset, .len = len}, data);
}

void file_truncate(struct file *file, int64_t size)
{
    content_truncate(&file->now, size);
    add_change(file, &(struct change){.offset = size, .truncation = true}, (const uint8_t *)"");
}

static void apply(struct content *content, const struct change *change)
{
    if (change->truncation)
        content_truncate(content, change->offset);
    else
        content_write(content, change->offset, change->data, change->len);
}

static bool overlaps(const struct change *old, const struct change *later)
{
    if (later->truncation)
        return later->offset <= old->offset;
    return later->offset < old->offset + (int64_t)old->len && old->offset < later->offset + (int64_t)later->len;
}

/* What was written over a doomed change and synced is what counts there. */
static void forget_overwritten(struct file *file)
{
    for (struct change **link = &file->changes; *link;) {
        struct change *change = *link, *later = change->doomed ? change->next : NULL;
        while (later && (later->doomed || !overlaps(change, later)))
            later = later->next;
        if (later) {
            *link = change->next;
            free(change);
        } else {
            link = &change->next;
        }
    }
}

/* Makes durable what was not doomed. */
void file_sync(struct file *file, bool failed)
{
    if (failed) {
        for (struct change *change = file->changes; change; change = change->next)
            change->doomed = true;
        return;
    }
    forget_overwritten(file);
    for (struct change *change = file->changes; change; change = change->next) {
        if (!change->doomed)
            apply(&file->synced, change);
    }
    drop_changes(file, false);
    file->entry_durable = true;
}

/* SQLite syncs the folder with every deletion that matters. */
void file_delete(struct file *file)
{
    drop_changes(file, true);
    content_clear(&file->now);
    content_clear(&file->synced);
    file->exists = file->entry_durable = false;
}

bool disk_io_fails(struct disk *disk, enum disk_io io, enum disk_fault *out_fault)
{
    uint32_t at = disk->fail_at[io], now = ++disk->counts[io];
    if (at == 0 || now < at || (now > at && !disk->lasting[io]))
        return false;
    disk->failures++;
    *out_fault = disk->faults[io];
    return true;
}

void disk_about_to_change(struct disk *disk)
{
    if (disk->watch)
        disk->watch(disk->watch_context, disk);
}

uint32_t disk_count(struct disk *disk, enum disk_io io)
{
    pthread_mutex_lock(&disk->mutex);
    uint32_t count = disk->counts[io];
    pthread_mutex_unlock(&disk->mutex);
    return count;
}

void disk_fail(struct disk *disk, enum disk_io io, uint32_t nth, enum disk_fault fault, bool lasting)
{
    assert(nth > 0);
    pthread_mutex_lock(&disk->mutex);
    disk->fail_at[io] = disk->counts[io] + nth;
    disk->faults[io] = fault;
    disk->lasting[io] = lasting;
    pthread_mutex_unlock(&disk->mutex);
}

uint32_t disk_failures(struct disk *disk)
{
    pthread_mutex_lock(&disk->mutex);
    uint32_t failures = disk->failures;
    pthread_mutex_unlock(&disk->mutex);
    return failures;
}

void disk_faults_clear(struct disk *disk)
{
    pthread_mutex_lock(&disk->mutex);
    memset(disk->counts, 0, sizeof(disk->counts));
    memset(disk->fail_at, 0, sizeof(disk->fail_at));
    disk->failures = 0;
    pthread_mutex_unlock(&disk->mutex);
}

const char *disk_io_name(enum disk_io io)
{
    static const char *const names[DISK_IO_COUNT] = {"read", "write",  "sync", "truncate",
                                                     "open", "delete", "size", "map"};
    return names[io];
}

const char *disk_fault_name(enum disk_fault fault)
{
    static const char *const names[DISK_FAULT_COUNT] = {"EIO", "ENOSPC", "short"};
    return names[fault];
}

/* How one cut treats what was not synced. */
enum manner {
    MANNER_NOTHING_KEPT,
    MANNER_ALL_KEPT,
    MANNER_PREFIX, /* in order, the last one torn at any byte */
    MANNER_WRITES, /* each write by itself */
    MANNER_SECTORS,
    MANNER_GROWN, /* as sectors, but the file has its new length, with zeros */
};
#define MANNER_COUNT 6

static void keep_sectors(struct content *content, const struct change *change, struct random *random)
{
    for (size_t at = 0; at < change->len;) {
        size_t room = SECTOR_LEN - (size_t)((change->offset + (int64_t)at) % SECTOR_LEN);
        size_t part = room < change->len - at ? room : change->len - at;
        if (random_below(random, 2))
            content_write(content, change->offset + (int64_t)at, change->data + at, part);
        at += part;
    }
}

static size_t count_changes(const struct file *file)
{
    size_t count = 0;
    for (const struct change *change = file->changes; change; change = change->next)
        count++;
    return count;
}

static void cut_file(struct content *out, const struct file *file, struct random *random, enum manner manner)
{
    size_t prefix = manner == MANNER_PREFIX ? random_below(random, count_changes(file) + 1) : 0, index = 0;
    content_copy(out, &file->synced);
    if (manner == MANNER_GROWN && file->now.size > out->size)
        content_truncate(out, file->now.size);
    for (const struct change *change = file->changes; change; change = change->next, index++) {
        bool whole = manner == MANNER_ALL_KEPT || (manner == MANNER_PREFIX && index < prefix);
        bool by_chance = manner == MANNER_WRITES || (manner >= MANNER_SECTORS && change->truncation);
        if (whole || (by_chance && random_below(random, 2)))
            apply(out, change);
        else if (manner >= MANNER_SECTORS && !change->truncation)
            keep_sectors(out, change, random);
        else if (manner == MANNER_PREFIX && index == prefix && !change->truncation)
            content_write(out, change->offset, change->data, random_below(random, change->len + 1));
    }
}

struct disk_image *disk_cut(struct disk *disk, struct random *random, enum disk_loss loss)
{
    struct disk_image *image = calloc(1, sizeof(*image));
    assert(image);
    pthread_mutex_lock(&disk->mutex);
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct file *file = &disk->files[i];
        enum manner manner = loss == DISK_LOSE_ALL       ? MANNER_NOTHING_KEPT
                             : loss == DISK_LOSE_NOTHING ? MANNER_ALL_KEPT
                                                         : (enum manner)random_below(random, MANNER_COUNT);
        if (!file->exists || (!file->entry_durable && (manner == MANNER_NOTHING_KEPT || manner == MANNER_WRITES)))
            continue;
        snprintf(image->files[image->count].name, NAME_MAX_LEN, "%s", file->name);
        cut_file(&image->files[image->count++].content, file, random, manner);
    }
    pthread_mutex_unlock(&disk->mutex);
    return image;
}

void disk_image_close(struct disk_image *image)
{
    if (!image)
        return;
    for (size_t i = 0; i < image->count; i++)
        content_clear(&image->files[i].content);
    free(image);
}

void disk_load(struct disk *disk, const struct disk_image *image)
{
    pthread_mutex_lock(&disk->mutex);
    assert(!disk->handles);
    for (size_t i = 0; i < FILES_MAX; i++)
        file_drop(&disk->files[i]);
    for (size_t i = 0; i < image->count; i++) {
        struct file *file = file_make(disk, image->files[i].name);
        content_copy(&file->now, &image->files[i].content);
        content_copy(&file->synced, &image->files[i].content);
        file->entry_durable = true;
    }
    pthread_mutex_unlock(&disk->mutex);
}

void disk_file_put(struct disk *disk, const char *path, const uint8_t *data, size_t len)
{
    pthread_mutex_lock(&disk->mutex);
    assert(!disk->handles);
    for (size_t i = 0; i < FILES_MAX; i++)
        file_drop(&disk->files[i]);
    struct file *file = file_make(disk, path);
    content_write(&file->now, 0, data, len);
    content_copy(&file->synced, &file->now);
    file->entry_durable = true;
    pthread_mutex_unlock(&disk->mutex);
}

void disk_watch_set(struct disk *disk, disk_watch watch, void *context)
{
    pthread_mutex_lock(&disk->mutex);
    disk->watch = watch;
    disk->watch_context = context;
    pthread_mutex_unlock(&disk->mutex);
}

/* FNV-1a by words: fast enough for every cut. */
static uint64_t content_print(const struct content *content)
{
    uint64_t print = 0xcbf29ce484222325u;
    for (size_t i = 0; i < content->count; i++) {
        const struct chunk *chunk = content->chunks[i];
        for (size_t at = 0; chunk && at < CHUNK_LEN; at += sizeof(uint64_t)) {
            uint64_t word;
            memcpy(&word, chunk->bytes + at, sizeof(word));
            print = (print ^ word) * 0x100000001b3u;
            print ^= print >> 29;
        }
        print = print * 31 + i;
    }
    return print;
}

uint64_t disk_file_print(struct disk *disk, const char *path)
{
    pthread_mutex_lock(&disk->mutex);
    const struct file *file = file_find(disk, path);
    uint64_t print = file ? content_print(&file->now) : 0;
    pthread_mutex_unlock(&disk->mutex);
    return print;
}

uint64_t disk_image_print(const struct disk_image *image)
{
    uint64_t print = image->count;
    for (size_t i = 0; i < image->count; i++) {
        for (const char *c = image->files[i].name; *c; c++)
            print = (print ^ (unsigned char)*c) * 0x100000001b3u;
        print = print * 31 + content_print(&image->files[i].content);
        print = print * 31 + (uint64_t)image->files[i].content.size;
    }
    return print;
}

size_t disk_file_read(struct disk *disk, const char *path, uint8_t *out, size_t cap)
{
    pthread_mutex_lock(&disk->mutex);
    const struct file *file = file_find(disk, path);
    size_t len = file ? content_read(&file->now, 0, out, cap) : 0;
    pthread_mutex_unlock(&disk->mutex);
    return len;
}

int64_t disk_file_size(struct disk *disk, const char *path)
{
    pthread_mutex_lock(&disk->mutex);
    const struct file *file = file_find(disk, path);
    int64_t size = file ? file->now.size : 0;
    pthread_mutex_unlock(&disk->mutex);
    return size;
}

void disk_file_flip(struct disk *disk, const char *path, int64_t offset, uint8_t mask)
{
    uint8_t byte = 0;
    pthread_mutex_lock(&disk->mutex);
    struct file *file = file_find(disk, path);
    assert(file && content_read(&file->now, offset, &byte, 1) == 1);
    byte ^= mask;
    content_write(&file->now, offset, &byte, 1);
    content_write(&file->synced, offset, &byte, 1);
    pthread_mutex_unlock(&disk->mutex);
}
