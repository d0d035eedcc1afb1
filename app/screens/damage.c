#include "screens/scene.h"

/* Rectangles being gathered; when there are too many, the two whose union wastes least become one. */
struct gathering {
    struct rect frame;
    int count;
    struct rect rects[UI_DAMAGE_MAX + 1];
};

static int64_t area_of(struct rect r)
{
    return (int64_t)r.width * r.height;
}

static void drop(struct gathering *all, int i)
{
    all->rects[i] = all->rects[--all->count];
}

static void join_cheapest(struct gathering *all)
{
    int best_a = 0;
    int best_b = 1;
    int64_t best = INT64_MAX;
    for (int a = 0; a < all->count; a++) {
        for (int b = a + 1; b < all->count; b++) {
            struct rect both = rect_union(all->rects[a], all->rects[b]);
            int64_t waste = area_of(both) - area_of(all->rects[a]) - area_of(all->rects[b]);
            if (waste < best) {
                best = waste;
                best_a = a;
                best_b = b;
            }
        }
    }
    all->rects[best_a] = rect_union(all->rects[best_a], all->rects[best_b]);
    drop(all, best_b);
}

static void gather(struct gathering *all, struct rect r)
{
    struct rect grown = rect_intersect(r, all->frame);
    if (rect_empty(grown)) {
        return;
    }
    /* Overlapping rectangles would be painted twice: they become one. */
    for (int i = 0; i < all->count;) {
        if (rect_overlap(all->rects[i], grown)) {
            grown = rect_union(all->rects[i], grown);
            drop(all, i);
            i = 0;
        } else {
            i++;
        }
    }
    all->rects[all->count++] = grown;
    if (all->count > UI_DAMAGE_MAX) {
        join_cheapest(all);
    }
}

/* The next item of old from `from` on that looks the same; old->item_count when there is none. */
static size_t find_same(const struct scene *old, size_t from, size_t end, uint64_t hash)
{
    for (size_t i = from; i < end; i++) {
        if (old->items[i].hash == hash) {
            return i;
        }
    }
    return end;
}

/* Joining the cheapest pair may make new overlaps; settle them. */
static void settle(struct gathering *all)
{
    for (int a = 0; a < all->count; a++) {
        for (int b = a + 1; b < all->count; b++) {
            if (rect_overlap(all->rects[a], all->rects[b])) {
                all->rects[a] = rect_union(all->rects[a], all->rects[b]);
                drop(all, b);
                a = -1;
                break;
            }
        }
    }
}

int scene_compare(const struct scene *old, const struct scene *new, struct rect frame,
                  struct rect out_damage[UI_DAMAGE_MAX])
{
    struct gathering all = {.frame = frame};
    size_t head = 0;
    while (head < old->item_count && head < new->item_count && old->items[head].hash == new->items[head].hash) {
        head++;
    }
    size_t old_end = old->item_count;
    size_t new_end = new->item_count;
    while (old_end > head && new_end > head && old->items[old_end - 1].hash == new->items[new_end - 1].hash) {
        old_end--;
        new_end--;
    }
    /* What stayed keeps its painting order; all else is gone or new. */
    size_t at = head;
    for (size_t i = head; i < new_end; i++) {
        size_t same = find_same(old, at, old_end, new->items[i].hash);
        if (same == old_end) {
            gather(&all, new->items[i].bounds);
            continue;
        }
        for (; at < same; at++) {
            gather(&all, old->items[at].bounds);
        }
        at = same + 1;
    }
    for (; at < old_end; at++) {
        gather(&all, old->items[at].bounds);
    }
    settle(&all);
    for (int i = 0; i < all.count; i++) {
        out_damage[i] = all.rects[i];
    }
    return all.count;
}
