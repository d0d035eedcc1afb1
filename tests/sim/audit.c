#include "audit.h"

#include "audit_read.h"
#include "center.h"

#include <inttypes.h>
#include <unistd.h>

/* Of a terminal whose disk is gone only what central was known to have is still there. */
#define KEPT "NOT EXISTS (SELECT 1 FROM lost_disk d WHERE d.terminal = a.terminal AND d.durable < a.seq)"
/* Coupons whose right was never given on without its holder's word. Of a double after a lost disk the one that does not
 * count may be its holder's, or whoever's was given the right instead: what central had not had stands then. */
#define OWN                                                                                                            \
    "(f1, f2) NOT IN (SELECT campaign, serial FROM written_off) AND (f1, f2) NOT IN (SELECT campaign, serial FROM"     \
    " beyond) AND NOT EXISTS (SELECT 1 FROM lost o WHERE"                                                              \
    " o.terminal = c.terminal AND o.inc = c.inc AND o.seq = c.seq AND c.terminal IN (SELECT terminal FROM lost_disk))" \
    " AND NOT EXISTS (SELECT 1 FROM central.conflict k JOIN lost_disk d ON d.terminal = k.c_terminal AND d.durable <"  \
    " k.c_seq WHERE k.terminal = c.terminal AND k.incarnation = c.inc AND k.seq = c.seq)"
/* Of two records a and b the later read, by another terminal of the same store. */
#define ANOTHER        "b.store = a.store AND b.rowid > a.rowid AND b.terminal != a.terminal"
#define TWICE          "(f1, f2) IN (SELECT campaign, serial FROM twice)"
#define SHOWN_MAX      3 /* of each finding */
#define TEXT_OF(value) #value
#define TEXT(value)    TEXT_OF(value)
#define BUDGET         TEXT(CENTER_OFFLINE_COUNT) /* a campaign's coupons all have the same value */

/* With a type, or SQLite takes no index where they are compared with central's columns. */
#define RECORD                                                                                                         \
    "(place INT, terminal INT, inc INT, seq INT, store INT, hlc INT, kind INT, f1 INT, f2 INT, f3 INT, f4 INT, f5 INT" \
    ", f6 INT, f7 INT, f8 INT, f9 INT, f10 INT, req INT, hash INT, given INT, sure INT, latest INT, f11 INT, f13 "     \
    "INT);"

/* The auditor's own tables, in memory: c what central's journal says, l what the terminals' say. */
static const char own_tables[] =
    "CREATE TABLE c" RECORD "CREATE TABLE l" RECORD
    "CREATE TABLE part(terminal INT, inc INT, seq INT, ends INT, amount INT);" /* of what central's records move */
    "CREATE TABLE ack(place, kind, terminal, inc, seq, campaign, serial, discount, earned, credit, durable);"
    "CREATE TABLE machine(place, store, clone, terminal);"
    "CREATE TABLE written_off(campaign, serial);"
    "CREATE TABLE public(campaign INT, serial INT, home INT, from_s INT, claimed INT);"
    "CREATE TABLE home(campaign INT, serial INT, store INT);"
    "CREATE TABLE shared(store);"
    "CREATE TABLE lost_disk(terminal, durable);"
    "CREATE TABLE lost_void(terminal, seq, of, of_inc, of_seq);" /* what stands on lost disks */
    "CREATE TABLE copied(place, terminal, inc, through);"        /* what a copy's disk held of whom when it was made */
    "CREATE TABLE pruned(place, terminal, inc, through);"
    "CREATE TABLE waits(place, inc, since);" /* where what waits for a peer begins */
    "CREATE TABLE lbalance(place, account, unit, amount);"
    "CREATE TABLE lshare(place, member, scope, owner, amount);";

static const char own_views[] =
    "CREATE INDEX c_id ON c(terminal, inc, seq, hash);"
    "CREATE INDEX l_id ON l(place, terminal, inc, seq);"
    "CREATE INDEX l_record ON l(terminal, inc, seq, hash);"
    "CREATE INDEX l_void ON l(f1, f2, f3) WHERE kind = 8;"
    "CREATE INDEX c_coupon ON c(kind, f1, f2);"
    "CREATE INDEX public_id ON public(campaign, serial);"
    "CREATE INDEX c_transfer ON c(kind, f5);"
    "CREATE INDEX c_group ON c(kind, terminal, inc, f1);"
    "CREATE TABLE alone AS SELECT terminal, inc, seq, f1 AS is_on FROM c WHERE kind = 21;"
    "CREATE INDEX alone_id ON alone(terminal, inc, seq);"
    "CREATE TABLE twice AS SELECT f1 AS campaign, f2 AS serial FROM c WHERE kind = 4 GROUP BY f1, f2 HAVING count(*) >"
    " 1;"
    "CREATE TABLE forked AS SELECT DISTINCT terminal FROM machine WHERE clone = 1;"
    "CREATE TABLE harmed AS SELECT store FROM machine WHERE terminal IN forked UNION SELECT store FROM c WHERE terminal"
    " IN (SELECT terminal FROM lost_disk);"
    "CREATE TABLE gone AS SELECT v.f1 AS terminal, v.f2 AS inc, v.f3 AS seq, v.f4 AS kind FROM c v WHERE v.kind ="
    " 8;"
    "CREATE INDEX gone_id ON gone(terminal, inc, seq);"
    "CREATE TABLE lost AS SELECT terminal, incarnation AS inc, seq FROM central.conflict;"
    "CREATE INDEX lost_id ON lost(terminal, inc, seq);"
    /* the redemptions of one use in the order in which central heard of them, and whether their right is in the grant
     * log: the token is the grant to the home, and who redeems within a budget says that it has none */
    "CREATE INDEX home_id ON home(campaign, serial);"
    "CREATE TABLE contest AS SELECT c.f1 AS campaign, c.f2 AS serial, c.f3 AS use, c.terminal, c.inc, c.seq, j.position"
    " AS at, c.f5 != 3 AND CASE c.f4 WHEN 0 THEN c.store = (SELECT h.store FROM home h WHERE h.campaign = c.f1 AND"
    " h.serial = c.f2) ELSE EXISTS (SELECT 1 FROM central.grant_log g WHERE g.campaign = c.f1 AND g.serial = c.f2 AND"
    " g.epoch = c.f4 AND g.store = c.store) END AS rightful, row_number() OVER (PARTITION BY c.f1, c.f2, c.f3 ORDER BY"
    " j.position) AS nth FROM c CROSS JOIN central.journal j ON j.terminal = c.terminal AND j.incarnation = c.inc AND"
    " j.seq = c.seq WHERE c.kind = 4 AND (c.f1, c.f2) IN (SELECT campaign, serial FROM twice);"
    "CREATE INDEX c_request ON c(kind, req) WHERE req != 0;"
    "CREATE TABLE teller AS SELECT min(place) AS place FROM machine WHERE clone = 0 GROUP BY store;"
    /* what a former primary did alone, or let stand by going alone, or where its successor said that its copy may be
     * behind, beyond that copy; one that had nothing of its journal could not name its incarnation. Also what it did
     * where two machines answer to one name since a copy was made: the one holds an act, and the other one says for
     * both that it does not. */
    "CREATE TABLE beyond AS SELECT r.terminal, r.inc, r.seq, r.kind, r.store, r.f1 AS campaign, r.f2 AS serial, r.req"
    " FROM c p JOIN c r ON r.terminal = p.f1 AND max(p.f2, 1) = r.inc AND r.seq > p.f3 WHERE p.kind = 20 AND r.kind IN"
    " (4, 5, 7, 8, 10, 12, 22) AND (p.f8 = 1 OR 1 = (SELECT a.is_on FROM alone a WHERE a.terminal = r.terminal AND "
    "a.inc ="
    "  r.inc AND a.seq < r.seq ORDER BY a.seq DESC LIMIT 1) OR EXISTS (SELECT 1 FROM alone a WHERE a.is_on = 1"
    "  AND a.terminal = r.terminal AND a.inc = r.inc AND a.seq BETWEEN r.seq + 1 AND r.seq + 4) OR EXISTS (SELECT 1"
    "  FROM machine m WHERE m.clone = 1 AND m.store = r.store AND m.terminal != r.terminal AND r.seq > coalesce((SELECT"
    "  k.through FROM copied k WHERE k.place = m.place AND k.terminal = r.terminal AND k.inc = r.inc), 0)));"
    "CREATE INDEX beyond_id ON beyond(terminal, inc, seq);"
    /* where a primary was followed, both may have taken the same move or void, which counts once: a move as the one
     * that leaves the store less */
    "CREATE TABLE again AS SELECT b.rowid AS id FROM c a JOIN c b ON b.kind = 8 AND b.f1 = a.f1 AND b.f2 = a.f2 AND"
    " b.f3 = a.f3 AND " ANOTHER " WHERE a.kind = 8 AND a.store IN shared UNION ALL SELECT b.rowid FROM c a JOIN c b ON"
    " b.kind = a.kind AND b.f5 = a.f5 AND b.store = a.store AND b.terminal != a.terminal AND (CASE b.kind WHEN 12 THEN"
    " b.f4 ELSE -b.f4 END, -b.rowid) < (CASE a.kind WHEN 12 THEN a.f4 ELSE -a.f4 END, -a.rowid) WHERE a.kind IN (11,"
    " 12) AND a.store IN shared;"
    /* what changes a share: earned, spent, granted, released, expired, voided; of a copied disk's two histories a void
     * may mean the one that does not count, where another kind stands */
    "CREATE TABLE move AS"
    " SELECT terminal, inc, seq, store, kind, f2 AS member, f5 - f10 AS delta FROM c WHERE kind = 6"
    " UNION ALL SELECT terminal, inc, seq, store, kind, f2, -f5 FROM c WHERE kind = 7"
    " UNION ALL SELECT terminal, inc, seq, store, kind, f1, f4 FROM c WHERE kind = 11 AND rowid NOT IN again"
    " UNION ALL SELECT terminal, inc, seq, store, kind, f1, -f4 FROM c WHERE kind = 12 AND rowid NOT IN again"
    " UNION ALL SELECT terminal, inc, seq, store, kind, f1, -f4 FROM c WHERE kind = 22"
    " UNION ALL SELECT v.terminal, v.inc, v.seq, v.store, v.kind, t.f2, CASE t.kind WHEN 6 THEN -(t.f5 - t.f10 - v.f8 -"
    "  v.f13) ELSE t.f5 END FROM c v JOIN c t ON t.terminal = v.f1 AND t.inc = v.f2 AND t.seq = v.f3"
    "  WHERE v.kind = 8 AND v.rowid NOT IN again AND t.kind IN (6, 7) AND t.kind = v.f4;"
    /* and of it what ends, end by end */
    "CREATE INDEX part_id ON part(terminal, inc, seq);"
    "CREATE TABLE ending AS"
    " SELECT terminal, inc, seq, store, f2 AS member, f11 AS ends, f5 - f10 AS delta FROM c WHERE kind = 6 AND f11 > 0"
    " UNION ALL SELECT c.terminal, c.inc, c.seq, c.store, CASE c.kind WHEN 7 THEN c.f2 ELSE c.f1 END, p.ends, CASE"
    "  c.kind WHEN 11 THEN p.amount ELSE -p.amount END FROM c JOIN part p USING(terminal, inc, seq) WHERE c.kind IN (7,"
    "  11, 12, 22) AND c.rowid NOT IN again"
    " UNION ALL SELECT v.terminal, v.inc, v.seq, v.store, t.f2, p.ends, CASE t.kind WHEN 6 THEN -p.amount ELSE p.amount"
    "  END FROM c v JOIN c t ON t.terminal = v.f1 AND t.inc = v.f2 AND t.seq = v.f3 JOIN part p ON p.terminal ="
    "  v.terminal AND p.inc = v.inc AND p.seq = v.seq WHERE v.kind = 8 AND v.rowid NOT IN again AND t.kind IN (6, 7) "
    "AND"
    "  t.kind = v.f4;";

/*
 * Each must find nothing. The plus before a kind has SQLite look for the record by its id, not by its kind. whole: only
 * where no disk was copied, because then one of two histories counts, or lost, because then books are gone. What is
 * asked store by store leaves out those that were harmed so. kept: only where central was never restored; what it lost
 * with the backup stays a note for a person.
 */
struct check {
    const char *name;
    bool whole, kept;
    const char *sql;
};

static const struct check checks[] = {
    /* by the terminal's own word: its time, less what it does not know of it */
    {"coupon given away before its moment", false, false,
     "SELECT 0, c.terminal, c.seq FROM c WHERE c.kind = 4 AND c.given = 1 AND NOT EXISTS (SELECT 1 FROM public p WHERE"
     " p.campaign = c.f1 AND p.serial = c.f2 AND c.sure >= p.from_s * 1000)"},
    /* at its home by the token itself, elsewhere by a grant that came before, and never after it was given up */
    {"coupon given away where its right was not", false, false,
     "SELECT 0, c.terminal, c.seq FROM c WHERE c.kind = 4 AND c.given = 1 AND (CASE c.f4 WHEN 0 THEN NOT EXISTS (SELECT"
     " 1 FROM public p WHERE p.campaign = c.f1 AND p.serial = c.f2 AND p.home = c.store) ELSE NOT EXISTS (SELECT 1 FROM"
     " c g WHERE g.kind = 9 AND g.f1 = c.f1 AND g.f2 = c.f2 AND g.f3 = c.f4 AND g.store = c.store) END OR EXISTS"
     " (SELECT 1 FROM c r WHERE r.kind = 10 AND r.f1 = c.f1 AND r.f2 = c.f2 AND r.f3 = c.f4 AND r.terminal ="
     " c.terminal AND r.inc = c.inc AND r.seq < c.seq))"},
    {"acknowledged redemption lost", false, false,
     "SELECT a.place, a.terminal, a.seq FROM ack a WHERE a.kind = 0 AND a.terminal NOT IN forked AND " KEPT
     " AND NOT EXISTS"
     " (SELECT 1 FROM c WHERE c.terminal = a.terminal AND c.inc = a.inc AND c.seq = a.seq AND +c.kind = 4"
     "  AND c.f1 = a.campaign AND c.f2 = a.serial AND c.f8 = a.discount)"},
    {"acknowledged sale lost", false, false,
     "SELECT a.place, a.terminal, a.seq FROM ack a WHERE a.kind = 1 AND a.terminal NOT IN forked AND " KEPT
     " AND NOT EXISTS"
     " (SELECT 1 FROM c WHERE c.terminal = a.terminal AND c.inc = a.inc AND c.seq = a.seq AND +c.kind = 5"
     "  AND c.f6 = a.credit)"},
    {"acknowledged credit lost", false, false,
     "SELECT a.place, a.terminal, a.seq FROM ack a WHERE a.kind < 2 AND a.earned > 0 AND a.terminal NOT IN forked "
     "AND " KEPT " AND NOT EXISTS (SELECT 1 FROM c WHERE c.terminal = a.terminal AND c.inc = a.inc AND c.seq > a.seq"
     "  AND c.seq < a.seq + 4 AND c.kind = 6 AND c.f1 = a.seq AND c.f5 = a.earned)"},
    /* The primary that did it may have been copied: then it is in its own journal, as with its other acts. Or its disk
     * was lost before central had the void, which is not of the journal that it undoes. */
    {"acknowledged void lost", false, false,
     "SELECT a.place, a.terminal, a.seq FROM ack a WHERE a.kind = 2 AND a.terminal NOT IN forked AND NOT EXISTS"
     " (SELECT 1 FROM gone g WHERE g.terminal = a.terminal AND g.inc = a.inc AND g.seq = a.seq) AND NOT EXISTS (SELECT"
     " 1 FROM l v WHERE v.kind = 8 AND v.f1 = a.terminal AND v.f2 = a.inc AND v.f3 = a.seq AND v.terminal IN forked)"
     " AND NOT EXISTS (SELECT 1 FROM lost_void v JOIN lost_disk d ON d.terminal = v.terminal WHERE (v.of, v.of_inc,"
     " v.of_seq) = (a.terminal, a.inc, a.seq) AND (v.seq > d.durable OR v.terminal IN forked))"},
    {"acknowledged by a copy, nowhere now", false, false,
     /* the copied disk may be lost later, the copy is still there */
     "SELECT a.place, a.terminal, a.seq FROM ack a WHERE a.kind < 2 AND a.terminal IN forked AND (" KEPT
     " OR a.place IN (SELECT place FROM machine WHERE clone = 1)) AND NOT EXISTS"
     " (SELECT 1 FROM l WHERE l.terminal = a.terminal AND l.inc = a.inc AND l.seq = a.seq"
     "  AND l.kind = 4 + a.kind) AND NOT EXISTS (SELECT 1 FROM lost_disk d JOIN c ON c.terminal = d.terminal AND c.inc"
     " = a.inc AND c.seq = a.seq AND c.kind = 4 + a.kind WHERE d.terminal = a.terminal)"},
    /* What a copy of a disk was given may have been taken back: its word is nobody's. And an act waits as long as its
     * only peer is in quarantine, until a manager goes alone or that one is enrolled anew. */
    {"record that central does not have", false, false,
     "SELECT l.place, l.terminal, l.seq FROM l JOIN machine m ON m.place = l.place WHERE l.terminal NOT IN forked AND"
     " m.clone = 0 AND NOT EXISTS (SELECT 1 FROM c WHERE"
     " c.terminal = l.terminal AND c.inc = l.inc AND c.seq = l.seq AND c.hash = l.hash) AND NOT EXISTS (SELECT 1 FROM"
     " waits w JOIN machine o ON o.store = m.store WHERE w.place = l.place AND l.terminal = m.terminal AND l.inc ="
     " w.inc AND l.seq >= w.since AND o.terminal IN forked)"},
    {"record that its terminal does not have", false, false,
     "SELECT 0, c.terminal, c.seq FROM c WHERE c.terminal NOT IN (SELECT terminal FROM lost_disk) AND NOT EXISTS "
     "(SELECT"
     " 1 FROM l WHERE"
     " l.terminal = c.terminal AND l.inc = c.inc AND l.seq = c.seq AND l.hash = c.hash) AND NOT EXISTS (SELECT 1 FROM"
     " pruned p WHERE p.terminal = c.terminal AND p.inc = c.inc AND p.through >= c.seq)"},
    {"redemption that is neither canonical nor explained", false, false,
     "SELECT 0, c.terminal, c.seq FROM c WHERE kind = 4 AND 1 !="
     " (SELECT count(*) FROM central.redemption r WHERE r.terminal = c.terminal AND r.incarnation = c.inc"
     "  AND r.seq = c.seq)"
     " + (SELECT count(*) FROM lost o WHERE o.terminal = c.terminal AND o.inc = c.inc AND o.seq = c.seq)"},
    {"use that counts twice", false, false,
     "SELECT 0, f1, f2 FROM c WHERE kind = 4 AND " TWICE
     " AND NOT EXISTS (SELECT 1 FROM lost o WHERE o.terminal = c.terminal"
     " AND o.inc = c.inc AND o.seq = c.seq) GROUP BY f1, f2, f3 HAVING count(*) > 1"},
    /* The first counts, unless it had no right, the second one has, and no void came between. Restored books hear of
     * grants after what was redeemed by them. */
    {"use that counts for the wrong redemption", false, true,
     "SELECT a.campaign || '-' || a.serial || ' use ' || a.use, a.terminal || '.' || a.seq || CASE a.rightful WHEN 1"
     " THEN ' with' ELSE ' without' END, b.terminal || '.' || b.seq || CASE b.rightful WHEN 1 THEN ' with' ELSE"
     " ' without' END FROM contest a JOIN contest b ON (b.campaign, b.serial, b.use, b.nth) = (a.campaign, a.serial,"
     " a.use, 2) JOIN central.redemption r ON (r.campaign, r.serial, r.use_no) = (a.campaign, a.serial, a.use) WHERE"
     " a.nth = 1 AND (r.terminal, r.incarnation, r.seq) IS NOT (SELECT x.terminal, x.inc, x.seq FROM contest x WHERE"
     " (x.campaign, x.serial, x.use) = (a.campaign, a.serial, a.use) AND x.nth = 1 + (a.rightful = 0 AND b.rightful ="
     " 1 AND NOT EXISTS (SELECT 1 FROM c v JOIN central.journal j ON j.terminal = v.terminal AND j.incarnation = v.inc"
     " AND j.seq = v.seq WHERE v.kind = 8 AND (v.f1, v.f2, v.f3) = (a.terminal, a.inc, a.seq) AND j.position <"
     " b.at)))"},
    {"coupon that stands twice with a right", false, false,
     "SELECT 0, f1, f2 FROM c WHERE kind = 4 AND f5 != 3 AND " TWICE " AND " OWN
     " AND NOT EXISTS (SELECT 1 FROM gone g WHERE"
     " g.terminal = c.terminal AND g.inc = c.inc AND g.seq = c.seq) GROUP BY f1, f2 HAVING count(*) > 1"},
    {"coupon of a home campaign that stands twice", false, false,
     "SELECT 0, f1, f2 FROM c WHERE kind = 4 AND f1 IN (1001, 1003, 1005) AND " TWICE " AND " OWN
     " AND NOT EXISTS (SELECT 1 FROM gone g WHERE"
     " g.terminal = c.terminal AND g.inc = c.inc AND g.seq = c.seq) GROUP BY f1, f2 HAVING count(*) > 1"},
    {"conflict that nothing explains", false, false,
     "SELECT k.kind || ' of ' || k.campaign || '-' || k.serial, a.store || '.' || a.seq || ' epoch ' || a.f4,"
     " b.store || '.' || b.seq || ' epoch ' || b.f4 FROM central.conflict k"
     " CROSS JOIN c a ON a.terminal = k.terminal AND a.inc = k.incarnation AND a.seq = k.seq"
     " CROSS JOIN c b ON b.terminal = k.c_terminal AND b.inc = k.c_incarnation AND b.seq = k.c_seq"
     " WHERE k.campaign != 0 AND a.f5 != 3 AND b.f5 != 3 AND NOT (k.kind = 4 AND (k.campaign, k.serial) IN (SELECT"
     " campaign, serial FROM written_off UNION SELECT campaign, serial FROM beyond UNION SELECT f1, f2 FROM c WHERE"
     " kind = 4 AND terminal IN (SELECT terminal FROM lost_disk)))"},
    {"redemption after the end of its lease", false, false,
     "SELECT r.store, r.terminal || '.' || r.seq, r.latest - g.f8 * 1000 FROM c r JOIN c g ON g.kind = 9 AND g.f1 ="
     " r.f1 AND g.f2 = r.f2 AND g.f3 = r.f4 AND g.store = r.store WHERE r.kind = 4 AND r.f4 > 0 AND r.f5 != 3 AND"
     " g.f8 > 0 AND r.latest >= g.f8 * 1000"},
    /* Of a restored central's books a release may be missing that it decided by. */
    {"right given on from its lease without a release", false, true,
     "SELECT g.terminal || '.' || g.seq, n.terminal || '.' || n.seq, n.f1 || '-' || n.f2 FROM c g JOIN c n ON n.kind ="
     " 9 AND n.f1 = g.f1 AND n.f2 = g.f2 AND n.f3 = g.f3 + 1 WHERE g.kind = 9 AND g.f8 > 0 AND n.f6 = 0 AND n.store !="
     " g.store AND NOT EXISTS (SELECT 1 FROM c r WHERE r.kind = 10 AND r.f1 = g.f1 AND r.f2 = g.f2 AND r.f3 = g.f3 AND"
     " r.store = g.store)"},
    /* Nor where a disk was lost before central had the one act: who took its place may be asked again while no copy is
     * in reach. The coupon's double is explained then, and noted against one of the two. */
    {"request that was done twice", false, false,
     "SELECT a.kind, a.terminal || '.' || a.seq, b.terminal || '.' || b.seq FROM c a JOIN c b ON b.kind = a.kind AND"
     " b.req = a.req AND b.req != 0 AND b.rowid > a.rowid WHERE a.req != 0 AND"
     " a.terminal NOT IN forked AND b.terminal NOT IN forked AND a.req NOT IN (SELECT req FROM beyond)"
     " AND NOT EXISTS (SELECT 1 FROM lost_disk d JOIN lost o ON (o.terminal, o.inc, o.seq) IN (VALUES (a.terminal,"
     " a.inc, a.seq), (b.terminal, b.inc, b.seq)) WHERE d.durable < CASE d.terminal WHEN a.terminal THEN a.seq WHEN"
     " b.terminal THEN b.seq END)"},
    {"budget overdrawn", false, false,
     "SELECT a.place, a.terminal, a.seq FROM ack a JOIN l r ON r.place = a.place AND r.terminal = a.terminal"
     " AND r.inc = a.inc AND r.seq = a.seq AND r.kind = 4 AND r.f5 = 3 WHERE a.kind = 0 AND a.durable > 0 AND " BUDGET
     " < (SELECT count(*) FROM l x WHERE x.place = a.place AND x.terminal = a.terminal AND x.inc = a.inc"
     "  AND x.seq > a.durable AND x.seq <= a.seq AND x.kind = 4 AND x.f5 = 3 AND x.f1 = r.f1 AND NOT EXISTS"
     "  (SELECT 1 FROM l v WHERE v.kind = 8 AND v.f1 = x.terminal AND v.f2 = x.inc AND v.f3 = x.seq"
     "   AND v.place = a.place AND (v.seq < a.seq OR v.terminal != a.terminal)))"},
    {"overdraft", false, false,
     "SELECT DISTINCT store, terminal, member FROM (SELECT *, sum(delta) OVER (PARTITION BY terminal, inc, member"
     " ORDER BY seq) AS held FROM move) WHERE held < 0 AND store NOT IN shared"},
    {"overdraft of a store", false, false,
     "SELECT store, member, sum(delta) FROM move WHERE store IN shared AND store NOT IN harmed AND NOT EXISTS (SELECT 1"
     " FROM beyond o WHERE o.terminal = move.terminal AND o.inc = move.inc AND o.seq = move.seq) GROUP BY store, "
     "member HAVING sum(delta)"
     " < 0"},
    /* what ended was earned or brought there with that very end, and not spent, moved or voided before */
    {"credit with an end that nobody had", false, false,
     "SELECT store, member, ends || ': ' || sum(delta) FROM ending e WHERE store NOT IN harmed AND NOT EXISTS (SELECT 1"
     " FROM beyond o WHERE o.terminal = e.terminal AND o.inc = e.inc AND o.seq = e.seq) GROUP BY store, member, ends"
     " HAVING sum(delta) < 0"},
    {"credit that expired before its end", false, false,
     "SELECT c.store, c.terminal, c.seq FROM c WHERE kind = 22 AND (c.f4 != (SELECT sum(p.amount) FROM part p WHERE"
     " p.terminal = c.terminal AND p.inc = c.inc AND p.seq = c.seq) OR c.f6 < 1000 * (SELECT max(p.ends) FROM part p"
     " WHERE p.terminal = c.terminal AND p.inc = c.inc AND p.seq = c.seq))"},
    {"credit that ends before its day is over", false, false,
     "SELECT c.store, c.terminal, c.seq FROM c WHERE kind = 6 AND f11 > 0 AND f11 * 1000 < f9 + 86400000"},
    {"books of a store's terminals differ", false, false,
     "SELECT m.store, b.account, group_concat(m.terminal || ': ' || b.amount, ' ') FROM lbalance b JOIN machine m ON"
     " m.place = b.place WHERE m.store IN shared AND m.store NOT IN harmed AND b.amount != 0 GROUP BY"
     " m.store, b.account, b.unit HAVING min(b.amount) != max(b.amount) OR count(*) != (SELECT count(*) FROM machine x "
     "WHERE x.store = m.store AND"
     " x.clone = 0)"},
    {"shares of a store's terminals differ", false, false,
     "SELECT m.store, s.member, group_concat(m.terminal || ': ' || s.amount, ' ') FROM lshare s JOIN machine m ON"
     " m.place = s.place WHERE m.store IN shared AND m.store NOT IN harmed AND s.amount != 0 GROUP BY"
     " m.store, s.member, s.scope, s.owner HAVING min(s.amount) != max(s.amount) OR count(*) != (SELECT count(*) FROM "
     "machine x WHERE x.store = m.store AND"
     " x.clone = 0)"},
    {"member with less than nothing", true, false,
     "SELECT 0, 0, member FROM move GROUP BY member HAVING sum(delta) < 0"},
    /* what was written off is the member's: central gives it, and no store released it */
    {"credit that came twice or from nowhere", true, false,
     "WITH loose AS (SELECT g.store, g.terminal, g.seq, g.f1 AS member, g.f4 AS amount FROM c g WHERE g.kind = 11 AND"
     " 1 != (SELECT count(*) FROM c r WHERE r.kind = 12 AND r.f5 = g.f5 AND r.f4 = g.f4 AND r.rowid NOT IN again))"
     " SELECT g.store, g.terminal, g.seq FROM c g WHERE g.kind = 11 AND 1 != (SELECT count(*) FROM c o WHERE"
     " o.kind = 11 AND o.f5 = g.f5 AND o.rowid NOT IN again) UNION ALL SELECT store, terminal, seq FROM loose WHERE"
     " (SELECT sum(m.amount) FROM loose m WHERE m.member = loose.member) > (SELECT coalesce(sum(k.discount), 0) FROM"
     " central.conflict k WHERE k.campaign = 0 AND k.member = loose.member)"},
    {"credit released that nobody has", true, false,
     "SELECT r.store, r.terminal, r.seq FROM c r WHERE r.kind = 12 AND r.f4 > 0 AND NOT EXISTS (SELECT 1 FROM c g"
     " WHERE g.kind = 11 AND g.f5 = r.f5)"},
    {"balances of terminals and central differ", true, false,
     "SELECT account, unit, sum(amount) FROM (SELECT account, unit, amount FROM lbalance WHERE place IN teller UNION"
     " ALL SELECT CASE WHEN account LIKE 'risk/credit/%' THEN substr(account, 6) WHEN account LIKE 'risk/%' THEN"
     " 'discount' || substr(account, 5) ELSE account END, unit, -amount"
     " FROM central.balance) GROUP BY account, unit HAVING sum(amount) != 0"},
    {"shares of terminals and central differ", false, false,
     "SELECT store, member, sum(amount) FROM (SELECT m.store, s.member, s.amount FROM lshare s JOIN machine m ON"
     " m.place = s.place AND m.place IN teller UNION ALL SELECT store, member, -amount FROM central.share WHERE"
     " store != 0) WHERE store NOT IN harmed GROUP BY store, member HAVING sum(amount) != 0"},
    /* its account ends in its number; what it spent that was not there stands under risk */
    {"credit of a member that the records do not say", false, false,
     "SELECT 0, member, sum(amount) FROM (SELECT member, delta AS amount FROM move WHERE kind NOT IN (11, 12) UNION ALL"
     " SELECT CAST(replace(account, rtrim(account, '0123456789'), '') AS INT), -amount FROM central.balance WHERE"
     " account LIKE 'credit/%' OR account LIKE 'risk/credit/%') GROUP BY member HAVING sum(amount) != 0"},
    {"share in central's hand that nothing explains", true, false,
     "SELECT s.member, s.amount, coalesce((SELECT sum(k.discount) FROM central.conflict k WHERE k.campaign = 0 AND"
     " k.member = s.member), 0) AS written FROM central.share s WHERE s.store = 0 AND (s.amount < 0 OR s.amount >"
     " written)"},
    /* as far as no copied disk earned it: central has the other one's history, and a peer counted on this one's */
    {"credit spent twice that nothing explains", false, false,
     "SELECT store, member, sum(discount) AS spent FROM central.conflict WHERE campaign = 0 AND store NOT IN (SELECT"
     " store FROM beyond WHERE kind IN (7, 12, 22) UNION SELECT store FROM c WHERE terminal IN (SELECT terminal FROM"
     " lost_disk)) GROUP BY store, member HAVING spent > (SELECT coalesce(sum(earned), 0) FROM (SELECT DISTINCT"
     " e.terminal, e.inc, e.seq, e.hash, e.f5 AS earned FROM l e JOIN machine m ON m.place = e.place WHERE e.terminal"
     " IN forked AND m.store = conflict.store AND (e.kind, e.f2) = (6, conflict.member) AND NOT EXISTS (SELECT 1 FROM c"
     " WHERE (c.terminal, c.inc, c.seq, c.hash) = (e.terminal, e.inc, e.seq, e.hash))))"},
    {"books that do not balance", false, false,
     "SELECT 0, unit, sum(amount) FROM central.balance GROUP BY unit HAVING sum(amount) != 0"},
    /* of a copied disk's two histories the void may mean the one that does not count: another kind stands there */
    {"cash that the records do not say", false, false,
     "SELECT b.account, b.amount, s.cash FROM central.balance b JOIN (SELECT store, sum(CASE WHEN EXISTS"
     " (SELECT 1 FROM gone g WHERE g.terminal = c.terminal AND g.inc = c.inc AND g.seq = c.seq AND g.kind = 5) THEN 0"
     " ELSE f7 END) AS cash FROM c WHERE kind = 5 GROUP BY store) s ON b.account = 'tender/cash/s' || s.store"
     " WHERE b.amount != s.cash"},
    {"record that says what cannot be", true, true, "SELECT p.reason, p.terminal, p.seq FROM central.record_problem p"},
};

static void run_check(struct world *world, sqlite3 *db, const struct check *check)
{
    sqlite3_stmt *stmt = audit_prepare(db, check->sql);
    unsigned found = 0;
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (found++ < SHOWN_MAX)
            world_violation(world, "%s: %s, %s, %s", check->name, sqlite3_column_text(stmt, 0),
                            sqlite3_column_text(stmt, 1), sqlite3_column_text(stmt, 2));
        else
            world->counts.violations++;
    }
    audit_must(db, code, check->name);
    sqlite3_finalize(stmt);
    if (found > SHOWN_MAX)
        printf("seed %" PRIu64 " … and %u more: %s\n", world->options.seed, found - SHOWN_MAX, check->name);
}

static void count(struct world *world, sqlite3 *db)
{
    struct world_counts *counts = &world->counts;
    char ended[96];
    counts->transfers = (uint64_t)audit_number(db, "SELECT count(*) FROM c WHERE kind = 9");
    counts->share_transfers = (uint64_t)audit_number(db, "SELECT count(*) FROM c WHERE kind = 11");
    counts->budget = (uint64_t)audit_number(db, "SELECT count(*) FROM c WHERE kind = 4 AND f5 = 3");
    counts->conflicts = (uint64_t)audit_number(db, "SELECT count(*) FROM central.conflict");
    counts->promotions = (uint64_t)audit_number(db, "SELECT count(*) FROM c WHERE kind = 20");
    counts->alone = (uint64_t)audit_number(db, "SELECT count(*) FROM c WHERE kind = 21 AND f1 = 1");
    counts->claims_lost = (uint64_t)audit_number(db, "SELECT count(DISTINCT p.rowid) FROM public p JOIN c ON c.kind = 4"
                                                     " AND c.given = 1 AND c.f1 = p.campaign AND c.f2 = p.serial AND"
                                                     " c.store = p.home WHERE p.claimed = 1");
    counts->expired = (uint64_t)audit_number(db, "SELECT count(*) FROM c WHERE kind = 22");
    counts->quarantined = (uint64_t)audit_number(db, "SELECT count(*) FROM central.quarantine");
    counts->problems = (uint64_t)audit_number(db, "SELECT count(*) FROM central.record_problem");
    snprintf(ended, sizeof(ended), "SELECT count(*) FROM c WHERE kind = 9 AND f8 > 0 AND f8 <= %" PRId64,
             world_wall_ms(world) / 1000);
    counts->leases = (uint64_t)audit_number(db, ended);
    counts->came_home = (uint64_t)audit_number(
        db, "SELECT count(*) FROM central.transfer WHERE kind = 1 AND to_store = 0 AND state = 2");
}

/* For whoever looks for the reason of a finding. */
static void keep(sqlite3 *db, const char *path)
{
    static const char *const of_central[] = {"transfer", "share", "conflict", "redemption", "grant_log", "promotion"};
    char sql[512];
    unlink(path);
    snprintf(sql, sizeof(sql), "VACUUM main INTO '%s'", path);
    audit_execute(db, sql);
    audit_attach(db, path, "kept");
    for (size_t i = 0; i < ARRAY_LEN(of_central); i++) {
        snprintf(sql, sizeof(sql), "CREATE TABLE kept.central_%s AS SELECT * FROM central.%s", of_central[i],
                 of_central[i]);
        audit_execute(db, sql);
    }
}

void audit_run(struct world *world)
{
    char path[192];
    sqlite3 *db = NULL;
    audit_must(db, sqlite3_open(":memory:", &db), "memory");
    snprintf(path, sizeof(path), "%s/" CENTRAL_DB_FILE, world->center->drive.folder);
    if (!audit_readable(path)) {
        world_violation(world, "the books of central cannot be read");
        sqlite3_close(db);
        return;
    }
    audit_attach(db, path, "central");
    audit_execute(db, own_tables);
    audit_read(world, db);
    audit_execute(db, own_views);
    bool whole = audit_number(db, "SELECT (SELECT count(*) FROM forked) + (SELECT count(*) FROM lost_disk)") == 0;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        if ((whole || !checks[i].whole) && (world->counts.restores == 0 || !checks[i].kept))
            run_check(world, db, &checks[i]);
    }
    count(world, db);
    audit_execute(db, "COMMIT");
    if (world->options.keep)
        keep(db, world->options.keep);
    sqlite3_close(db);
}
