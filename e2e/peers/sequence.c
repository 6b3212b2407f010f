/*
 * A front-end that knows what it sent. Device 0 sends numbered packets with a known payload; they come back on the same
 * device (back-end modes macswap and io), or on another one (--receive-port). Each flow is a queue pair. Every packet
 * must be the next of its flow, with every byte behind the Ethernet addresses as it was sent.
 *
 * One thread does all: it sends, receives, checks, and reads commands from standard input once a millisecond. A thread
 * of its own for the commands would disturb the measurement whenever it wakes.
 *
 * What may be on its way is bounded by the receive buffers that the device has: a back-end can never be forced to drop.
 *
 *   sequence EAL-OPTIONS --vdev net_virtio_user0,path=SOCKET,queues=Q -- OPTIONS      (see usage())
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <rte_mbuf.h>

#define BURST 64
#define MAX_QUEUES 8
#define MAX_FRAME 9216
/* Packet sizes in the order in which they are sent: what --size lists, again and again. A power of two. */
#define SIZES 1024
/* How far back a late packet can be told from one that came twice; more than any ring holds. A power of two. */
#define HISTORY 4096
#define VIRTIO_NET_HEADER 12

#define MAGIC 0x53455155u
#define ETHERTYPE 0x88B5 /* IEEE 802, for local experiments */
#define STEP 0x9E3779B97F4A7C15ull /* odd, all bytes different: the next word differs from this one in each byte */

#define NANOS 1000000000ull
#define MICROS 1000000ull
#define BEFORE_MARK (1 * NANOS / 1000)
#define AFTER_MARK (10 * NANOS / 1000)
/* After so long without a packet, those on their way are given up. */
#define PATIENCE (5 * NANOS)
/* Until a back-end has started all queues that were set up. */
#define SETTLE_MICROS 500000

struct header {
    uint8_t addresses[12];
    uint16_t ethertype;
    uint16_t flow;
    uint32_t magic;
    uint32_t length;
    uint64_t sequence;
    uint64_t check; /* over the fields above, so that a damaged number is not taken for one that is out of order */
};

struct options {
    uint32_t size[SIZES];
    uint32_t buffers[SIZES]; /* receive buffers that a packet of that size takes */
    uint32_t largest, most_buffers; /* of all sizes */
    uint32_t seconds, warmup;
    uint64_t rate;
    uint32_t window, ring, room, segment, queues, receive_port;
    uint64_t corrupt_every, swap_every, drop_every, repeat_every;
};

/* Log-linear: exact below 128, then 64 buckets for each power of two, so that a value is known to 1.6 %. */
#define BUCKETS (64 * 40)
struct histogram {
    uint64_t count, max, bucket[BUCKETS];
};

enum phase { NONE, PLAIN, REPEAT, SWAP, PHASES };
static const char *const phase_name[PHASES] = {"none", "plain", "repeat", "swap"};
struct measured {
    uint64_t nanos, packets, bytes;
    struct histogram gaps;   /* between bursts of a flow */
    struct histogram marks;  /* the largest gap around each mark */
    struct histogram pauses; /* between our own looks at the rings: what of the gaps is not the back-end's doing */
    struct histogram back_end_gaps;  /* gaps, less the pauses in them */
    struct histogram back_end_marks; /* the largest of those around each mark */
};

struct flow {
    uint64_t next_sent, expected;
    uint32_t packets_out, buffers_out;
    uint64_t last; /* TSC of the last burst that brought packets, 0: none to measure from */
    uint64_t paused_then; /* {paused} at that time */
    uint64_t quiet_expected, quiet_since;
    struct rte_mbuf *pending[BURST + 2]; /* room for one sent twice, and for the partner of one that changes places */
    uint32_t pending_at, pending_count;
    uint64_t seen[HISTORY / 64];
} __rte_cache_aligned;

struct mark {
    uint64_t nanos;
    enum phase phase;
};
#define MARKS 4096

/* The largest gap of each 262 µs of the last seconds: marks come late, and ask about what has been. */
#define SLOT_SHIFT 18
#define SLOTS 32768
struct slot {
    uint64_t number, max, back_end_max;
};

/* A longer time between two looks is no work on a burst: others had our processor. */
#define LONGEST_LOOK 50000

static struct options options = {.ring = 256, .room = 2048, .queues = 1};
static struct flow flows[MAX_QUEUES];
static struct measured measured[PHASES];
static struct slot slots[SLOTS];
static struct mark marks[MARKS];
static uint32_t marks_head, marks_tail;
static enum phase phase = NONE;
static uint64_t looked; /* TSC of the last look at the rings */
static uint64_t paused; /* cycles that others had our processor */
static bool phase_chosen, report_wanted, input_open = true;
static volatile sig_atomic_t stopping;
static struct rte_mempool *receive_pool, *send_pool;

static uint64_t sent, received, lost, reordered, duplicated, damaged, missed_marks;
static uint32_t told;

/* CLOCK_MONOTONIC by the TSC: a pair of both that is renewed all the time. */
static struct {
    uint64_t first_tsc, first_nanos, tsc, nanos;
    double nanos_per_cycle;
} now_pair;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("sequence: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(2);
}

/* --- time --- */

static void renew_clock(void)
{
    struct timespec time;
    uint64_t before = rte_rdtsc();
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t after = rte_rdtsc();
    /* A pair that was torn apart by an interrupt is worse than an old one. */
    if (now_pair.tsc && (after - before) * now_pair.nanos_per_cycle > 1000) {
        return;
    }
    now_pair.tsc = before + (after - before) / 2;
    now_pair.nanos = (uint64_t)time.tv_sec * NANOS + time.tv_nsec;
    if (!now_pair.first_tsc) {
        now_pair.first_tsc = now_pair.tsc;
        now_pair.first_nanos = now_pair.nanos;
        now_pair.nanos_per_cycle = (double)NANOS / rte_get_tsc_hz();
    } else if (now_pair.nanos - now_pair.first_nanos > NANOS / 10) {
        /* EAL knows the frequency to 10 MHz only. */
        now_pair.nanos_per_cycle =
            (double)(now_pair.nanos - now_pair.first_nanos) / (now_pair.tsc - now_pair.first_tsc);
    }
}

static uint64_t nanos_of(uint64_t cycles)
{
    return cycles * now_pair.nanos_per_cycle;
}

static uint64_t monotonic(uint64_t tsc)
{
    return now_pair.nanos + (int64_t)((int64_t)(tsc - now_pair.tsc) * now_pair.nanos_per_cycle);
}

/* --- histograms --- */

static void record(struct histogram *histogram, uint64_t value)
{
    uint32_t shift = value < 128 ? 0 : 57 - __builtin_clzll(value); /* leaves 7 bits, the first of them set */
    uint32_t at = shift * 64 + (value >> shift);
    histogram->bucket[RTE_MIN(at, (uint32_t)BUCKETS - 1)]++;
    histogram->count++;
    histogram->max = RTE_MAX(histogram->max, value);
}

/* The largest value that its bucket stands for. */
static uint64_t percentile(const struct histogram *histogram, double percent)
{
    uint64_t wanted = histogram->count * percent / 100, seen = 0;
    for (uint32_t at = 0; at < BUCKETS; at++) {
        seen += histogram->bucket[at];
        if (seen > wanted) {
            uint32_t shift = at < 128 ? 0 : at / 64 - 1;
            return RTE_MIN(((at - shift * 64 + 1ull) << shift) - 1, histogram->max);
        }
    }
    return histogram->max;
}

/* {octaves}: how many are less than 64, then less than 128, less than 256 and so on. */
static void print_histogram(const char *name, const struct histogram *histogram)
{
    printf("\"%s\":{\"count\":%" PRIu64 ",\"p50\":%" PRIu64 ",\"p90\":%" PRIu64 ",\"p99\":%" PRIu64
           ",\"p999\":%" PRIu64 ",\"max\":%" PRIu64 ",\"octaves\":[",
           name, histogram->count, percentile(histogram, 50), percentile(histogram, 90), percentile(histogram, 99),
           percentile(histogram, 99.9), histogram->max);
    for (uint32_t at = 0; at < BUCKETS; at += 64) {
        uint64_t count = 0;
        for (uint32_t i = 0; i < 64; i++) {
            count += histogram->bucket[at + i];
        }
        printf("%s%" PRIu64, at ? "," : "", count);
    }
    printf("]}");
}

/* One line; all times are nanoseconds. */
static void print_report(void)
{
    uint64_t outstanding = 0;
    for (uint32_t q = 0; q < options.queues; q++) {
        outstanding += flows[q].packets_out;
    }
    printf("{\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"outstanding\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"reordered\":%" PRIu64 ",\"duplicated\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"missedMarks\":%" PRIu64,
           sent, received, outstanding, lost, reordered, duplicated, damaged, missed_marks);
    for (enum phase p = PLAIN; p < PHASES; p++) {
        const struct measured *m = &measured[p];
        printf(",\"%s\":{\"nanos\":%" PRIu64 ",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",", phase_name[p], m->nanos,
               m->packets, m->bytes);
        print_histogram("gaps", &m->gaps);
        putchar(',');
        print_histogram("marks", &m->marks);
        putchar(',');
        print_histogram("pauses", &m->pauses);
        putchar(',');
        print_histogram("backEndGaps", &m->back_end_gaps);
        putchar(',');
        print_histogram("backEndMarks", &m->back_end_marks);
        putchar('}');
    }
    puts("}");
    fflush(stdout);
}

/* --- gaps and marks --- */

static void remember_gap(uint64_t end, uint64_t length, uint64_t back_end)
{
    uint64_t last = end >> SLOT_SHIFT;
    uint64_t first = RTE_MAX((end - length) >> SLOT_SHIFT, last - RTE_MIN(last, (uint64_t)SLOTS - 1));
    for (uint64_t number = first; number <= last; number++) {
        struct slot *slot = &slots[number % SLOTS];
        if (slot->number != number) {
            *slot = (struct slot){.number = number};
        }
        slot->max = RTE_MAX(slot->max, length);
        slot->back_end_max = RTE_MAX(slot->back_end_max, back_end);
    }
}

static void burst_came(struct flow *flow, uint64_t tsc)
{
    if (flow->last) {
        uint64_t gap = nanos_of(tsc - flow->last);
        uint64_t back_end = gap - RTE_MIN(gap, nanos_of(paused - flow->paused_then));
        record(&measured[phase].gaps, gap);
        record(&measured[phase].back_end_gaps, back_end);
        remember_gap(monotonic(tsc), gap, back_end);
    }
    flow->last = tsc;
    flow->paused_then = paused;
}

static void add_mark(uint64_t nanos)
{
    if (marks_tail - marks_head == MARKS) {
        missed_marks++;
    } else {
        marks[marks_tail++ % MARKS] = (struct mark){.nanos = nanos, .phase = phase};
    }
}

/* Whether no gap that is still open may reach into the time before {nanos}. */
static bool known_until(uint64_t nanos)
{
    for (uint32_t q = 0; q < options.queues; q++) {
        if (!flows[q].last || monotonic(flows[q].last) < nanos) {
            return false;
        }
    }
    return true;
}

/* {now}: when those that nothing was heard of are judged all the same. */
static void judge_marks(uint64_t now)
{
    while (marks_head != marks_tail) {
        const struct mark *mark = &marks[marks_head % MARKS];
        uint64_t end = mark->nanos + AFTER_MARK;
        if (marks_head + 1 != marks_tail) {
            end = RTE_MAX(mark->nanos, RTE_MIN(end, marks[(marks_head + 1) % MARKS].nanos));
        }
        if (!known_until(end) && now < end + PATIENCE) {
            return;
        }
        uint64_t max = 0, back_end_max = 0;
        for (uint64_t number = (mark->nanos - BEFORE_MARK) >> SLOT_SHIFT; number <= end >> SLOT_SHIFT; number++) {
            const struct slot *slot = &slots[number % SLOTS];
            if (slot->number == number) {
                max = RTE_MAX(max, slot->max);
                back_end_max = RTE_MAX(back_end_max, slot->back_end_max);
            }
        }
        if (max) {
            record(&measured[mark->phase].marks, max);
            record(&measured[mark->phase].back_end_marks, back_end_max);
        } else {
            missed_marks++;
        }
        marks_head++;
    }
}

/* --- packets --- */

static uint64_t key_of(uint16_t flow, uint64_t sequence)
{
    uint64_t key = (sequence * MAX_QUEUES + flow + 1) * 0xFF51AFD7ED558CCDull;
    return key ^ key >> 32;
}

static uint64_t check_of(const struct header *header)
{
    return (key_of(header->flow, header->sequence) ^ header->length) * STEP ^ header->magic ^
           (uint64_t)header->ethertype << 32;
}

/* Writes bytes {from} to {to} of a packet's payload; {from} is a multiple of 8. */
static void fill(uint8_t *at, uint32_t from, uint32_t to, uint64_t key)
{
    uint32_t words = (to - from) / 8;
    for (uint32_t i = 0; i < words; i++) {
        ((unaligned_uint64_t *)at)[i] = key + (from / 8 + i) * STEP;
    }
    uint64_t last = key + (from / 8 + words) * STEP;
    memcpy(at + words * 8, &last, (to - from) % 8);
}

static bool is_intact(const uint8_t *packet, uint32_t length, uint64_t key)
{
    uint64_t wrong = 0;
    for (uint32_t i = sizeof(struct header) / 8; i < length / 8; i++) {
        wrong |= ((const unaligned_uint64_t *)packet)[i] ^ (key + i * STEP);
    }
    uint64_t last = key + (length / 8) * STEP;
    return !wrong && memcmp(packet + length / 8 * 8, &last, length % 8) == 0;
}

/* NULL where the pool is empty. */
static struct rte_mbuf *new_packet(uint16_t queue, uint64_t sequence)
{
    uint32_t length = options.size[sequence % SIZES];
    uint64_t key = key_of(queue, sequence);
    struct rte_mbuf *segments[MAX_FRAME / 64 + 1];
    uint32_t count = (length + options.segment - 1) / options.segment;
    if (rte_pktmbuf_alloc_bulk(send_pool, segments, count)) {
        return NULL;
    }
    struct rte_mbuf *packet = segments[0];
    for (uint32_t i = 0, from = 0; i < count; i++) {
        uint32_t to = RTE_MIN(from + options.segment, length);
        uint32_t skip = i ? 0 : sizeof(struct header);
        fill(rte_pktmbuf_mtod(segments[i], uint8_t *) + skip, from + skip, to, key);
        segments[i]->data_len = to - from;
        segments[i]->next = i + 1 < count ? segments[i + 1] : NULL;
        from = to;
    }
    packet->pkt_len = length;
    packet->nb_segs = count;
    struct header *header = rte_pktmbuf_mtod(packet, struct header *);
    *header = (struct header){
        .addresses = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2},
        .ethertype = rte_cpu_to_be_16(ETHERTYPE),
        .flow = queue,
        .magic = MAGIC,
        .length = length,
        .sequence = sequence,
    };
    header->check = check_of(header);
    return packet;
}

static bool falls_on(uint64_t sequence, uint64_t every)
{
    return every && sequence % every == every - 1;
}

/* Flips one bit, of another byte each time. */
static void corrupt(struct rte_mbuf *packet, uint64_t sequence)
{
    uint32_t at = sizeof(struct header) + sequence * 31 % (packet->pkt_len - sizeof(struct header));
    for (; at >= packet->data_len; packet = packet->next) {
        at -= packet->data_len;
    }
    *rte_pktmbuf_mtod_offset(packet, uint8_t *, at) ^= 1 << sequence % 8;
}

/* As many new packets as the window and {credit} allow, with the faults that were asked for. */
static void prepare(struct flow *flow, uint16_t queue, uint64_t credit)
{
    uint32_t count = 0;
    uint32_t most = RTE_MIN(credit, (uint64_t)BURST);
    /* Room for one more of the largest: a packet sent twice is not counted. */
    uint32_t limit = options.ring - options.most_buffers;
    while (count < most && flow->packets_out < options.window) {
        uint64_t sequence = flow->next_sent;
        uint32_t buffers = options.buffers[sequence % SIZES];
        if (flow->buffers_out + buffers > limit) {
            break;
        }
        if (!falls_on(sequence, options.drop_every)) {
            struct rte_mbuf *packet = new_packet(queue, sequence);
            if (!packet) {
                break;
            }
            if (falls_on(sequence, options.corrupt_every)) {
                corrupt(packet, sequence);
            }
            flow->pending[count++] = packet;
            if (count > 1 && falls_on(sequence - 1, options.swap_every)) {
                flow->pending[count - 1] = flow->pending[count - 2];
                flow->pending[count - 2] = packet;
            }
            if (falls_on(sequence, options.swap_every)) {
                most = RTE_MAX(most, count + 1); /* its partner must be of the same burst */
            }
            struct rte_mbuf *again = falls_on(sequence, options.repeat_every) ? new_packet(queue, sequence) : NULL;
            if (again) {
                flow->pending[count++] = again;
                most = count;
            }
        }
        flow->next_sent++;
        flow->packets_out++;
        flow->buffers_out += buffers;
        sent++;
    }
    flow->pending_at = 0;
    flow->pending_count = count;
}

/* Whether any went. */
static bool transmit(struct flow *flow, uint16_t queue, uint64_t credit)
{
    if (!flow->pending_count && !stopping) {
        prepare(flow, queue, credit);
    }
    if (flow->pending_count) {
        uint32_t done = rte_eth_tx_burst(0, queue, flow->pending + flow->pending_at, flow->pending_count);
        flow->pending_at += done;
        flow->pending_count -= done;
        return done > 0;
    }
    return false;
}

/* --- the check --- */

static void __attribute__((format(printf, 2, 3))) tell(uint16_t flow, const char *format, ...)
{
    if (told++ < 20) {
        va_list arguments;
        va_start(arguments, format);
        fprintf(stderr, "sequence: flow %u: ", flow);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        va_end(arguments);
    }
}

static void advance(struct flow *flow, bool came)
{
    uint64_t bit = 1ull << flow->expected % 64, *seen = &flow->seen[flow->expected % HISTORY / 64];
    *seen = came ? *seen | bit : *seen & ~bit;
    flow->packets_out--;
    flow->buffers_out -= options.buffers[flow->expected % SIZES];
    flow->expected++;
}

/* What should have come before {sequence} is lost, until it comes after all. */
static void give_up(struct flow *flow, uint64_t sequence)
{
    tell(flow - flows, "expected %" PRIu64 ", missed %" PRIu64, flow->expected, sequence - flow->expected);
    while (flow->expected != sequence) {
        advance(flow, false);
        lost++;
    }
}

static void check_late(struct flow *flow, uint64_t sequence)
{
    uint64_t bit = 1ull << sequence % 64, *seen = &flow->seen[sequence % HISTORY / 64];
    if (flow->expected - sequence > HISTORY || *seen & bit) {
        duplicated++;
        tell(flow - flows, "expected %" PRIu64 ", got %" PRIu64 " again", flow->expected, sequence);
    } else {
        *seen |= bit;
        lost--;
        reordered++;
        tell(flow - flows, "expected %" PRIu64 ", got %" PRIu64 " late", flow->expected, sequence);
    }
}

static void check(struct rte_mbuf *mbuf, uint16_t queue)
{
    static uint8_t scratch[MAX_FRAME];
    uint32_t length = mbuf->pkt_len;
    received++;
    if (length < sizeof(struct header) || length > sizeof(scratch)) {
        damaged++;
        tell(queue, "a packet of %u bytes", length);
        return;
    }
    const uint8_t *packet = rte_pktmbuf_read(mbuf, 0, length, scratch);
    struct header header;
    memcpy(&header, packet, sizeof(header));
    if (header.magic != MAGIC || header.ethertype != rte_cpu_to_be_16(ETHERTYPE) || header.check != check_of(&header) ||
        header.flow != queue || header.sequence >= flows[queue].next_sent) {
        damaged++;
        tell(queue, "damaged header (magic %" PRIx32 ", flow %u, sequence %" PRIu64 "), expected %" PRIu64, header.magic,
             header.flow, header.sequence, flows[queue].expected);
        return;
    }
    struct flow *flow = &flows[queue];
    if (header.length != length || length != options.size[header.sequence % SIZES] ||
        !is_intact(packet, length, key_of(queue, header.sequence))) {
        damaged++;
        tell(queue, "%" PRIu64 " is damaged", header.sequence);
    }
    if (header.sequence < flow->expected) {
        check_late(flow, header.sequence);
        return;
    }
    if (header.sequence > flow->expected) {
        give_up(flow, header.sequence);
    }
    advance(flow, true);
}

/* Whether there was anything. */
static bool receive(struct flow *flow, uint16_t queue)
{
    struct rte_mbuf *packets[BURST];
    uint32_t count = rte_eth_rx_burst(options.receive_port, queue, packets, BURST);
    if (!count) {
        return false;
    }
    /* As of this look: what comes between it and here is in the next pause. */
    burst_came(flow, looked);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i + 2 < count) {
            rte_prefetch0(rte_pktmbuf_mtod(packets[i + 2], void *));
        }
        bytes += packets[i]->pkt_len;
        check(packets[i], queue);
    }
    measured[phase].packets += count;
    measured[phase].bytes += bytes;
    rte_pktmbuf_free_bulk(packets, count);
    return true;
}

/* --- commands --- */

static void execute(char *line)
{
    char *end;
    if (!strncmp(line, "mark ", 5)) {
        uint64_t nanos = strtoull(line + 5, &end, 10);
        if (*end || end == line + 5) {
            die("no time in '%s'", line);
        }
        add_mark(nanos);
    } else if (!strcmp(line, "mark")) {
        add_mark(monotonic(rte_rdtsc()));
    } else if (!strncmp(line, "phase ", 6)) {
        for (enum phase p = NONE; p < PHASES; p++) {
            if (!strcmp(line + 6, phase_name[p])) {
                phase = p;
                phase_chosen = true;
                return;
            }
        }
        die("no such phase: '%s'; there are none, plain, repeat and swap", line + 6);
    } else if (!strcmp(line, "report")) {
        report_wanted = true;
    } else if (!strcmp(line, "quit")) {
        stopping = 1;
    } else {
        die("no such command: '%s'; there are mark, phase, report and quit", line);
    }
}

static void read_commands(void)
{
    static char buffer[1024];
    static size_t have;
    struct pollfd input = {.fd = input_open ? STDIN_FILENO : -1, .events = POLLIN};
    if (poll(&input, 1, 0) <= 0) {
        return;
    }
    ssize_t count = read(STDIN_FILENO, buffer + have, sizeof(buffer) - 1 - have);
    if (count <= 0) {
        input_open = false;
        /* Whoever should have said when to end is gone. */
        stopping |= options.seconds == 0;
        return;
    }
    have += count;
    char *line = buffer, *end;
    while ((end = memchr(line, '\n', buffer + have - line))) {
        *end = 0;
        execute(line);
        line = end + 1;
    }
    have -= line - buffer;
    memmove(buffer, line, have);
    if (have == sizeof(buffer) - 1) {
        die("a command of more than %zu bytes", have);
    }
}

/* --- the loop --- */

static void look_for_silence(uint64_t nanos)
{
    for (uint32_t q = 0; q < options.queues; q++) {
        struct flow *flow = &flows[q];
        if (!flow->packets_out || flow->expected != flow->quiet_expected) {
            flow->quiet_expected = flow->expected;
            flow->quiet_since = nanos;
        } else if (nanos - flow->quiet_since > PATIENCE) {
            tell(q, "silent for %llu s", PATIENCE / NANOS);
            give_up(flow, flow->next_sent);
        }
    }
}

static bool all_is_back(void)
{
    for (uint32_t q = 0; q < options.queues; q++) {
        if (flows[q].packets_out) {
            return false;
        }
    }
    return true;
}

/* What is done once a millisecond; {elapsed} since the last time. */
static void tick(uint64_t nanos, uint64_t elapsed, uint64_t since_start)
{
    measured[phase].nanos += elapsed;
    if (!phase_chosen && since_start >= options.warmup * NANOS) {
        phase_chosen = true;
        phase = PLAIN;
    }
    stopping |= options.seconds && since_start >= (options.warmup + (uint64_t)options.seconds) * NANOS;
    renew_clock();
    look_for_silence(nanos);
    judge_marks(nanos);
    if (report_wanted && marks_head == marks_tail) {
        report_wanted = false;
        print_report();
        /* Writing it took a while, which is nobody's gap or pause. */
        looked = rte_rdtsc();
        for (uint32_t q = 0; q < options.queues; q++) {
            flows[q].last = 0;
        }
    }
    /* A report must not be told of what was said after it was asked for. */
    if (!report_wanted) {
        read_commands();
    }
}

static void run(void)
{
    /* The back-end starts queues one by one, and until one of a port runs its packets go to another one of that port. */
    rte_delay_us_sleep(SETTLE_MICROS);
    renew_clock();
    uint64_t start = looked = rte_rdtsc(), ticked = start;
    uint64_t every = rte_get_tsc_hz() / 1000;
    double rate_per_cycle = (double)options.rate / options.queues / rte_get_tsc_hz();
    for (uint32_t q = 0; q < options.queues; q++) {
        flows[q].quiet_since = monotonic(start);
    }
    while (!stopping || !all_is_back()) {
        uint64_t tsc = rte_rdtsc();
        uint64_t pause = tsc - looked;
        record(&measured[phase].pauses, nanos_of(pause));
        paused += nanos_of(pause) > LONGEST_LOOK ? pause : 0;
        looked = tsc;
        if (tsc - ticked > every) {
            tick(monotonic(tsc), nanos_of(tsc - ticked), nanos_of(tsc - start));
            ticked = tsc;
        }
        /* Of each flow, so that the first does not take it all. */
        uint64_t allowed = options.rate ? (tsc - start) * rate_per_cycle : UINT64_MAX;
        bool worked = false;
        for (uint32_t q = 0; q < options.queues; q++) {
            worked |= receive(&flows[q], q);
            worked |= transmit(&flows[q], q, allowed - RTE_MIN(allowed, flows[q].next_sent));
        }
        if (!worked) {
            /* There may be no more than two processors, and then this one is the engines' too. */
            sched_yield();
        }
    }
    judge_marks(UINT64_MAX);
    print_report();
}

/* --- start --- */

static void set_up(uint16_t port)
{
    struct rte_eth_conf config = {
        .rxmode = {.mtu = RTE_MAX(options.largest - RTE_ETHER_HDR_LEN, (uint32_t)RTE_ETHER_MTU),
                   .offloads = options.largest > options.room ? RTE_ETH_RX_OFFLOAD_SCATTER : 0},
        .txmode = {.offloads = options.largest > options.segment ? RTE_ETH_TX_OFFLOAD_MULTI_SEGS : 0},
    };
    int error = rte_eth_dev_configure(port, options.queues, options.queues, &config);
    if (error) {
        die("port %u does not take %u queues and frames of %u bytes: %s", port, options.queues, options.largest,
            rte_strerror(-error));
    }
    for (uint16_t q = 0; q < options.queues; q++) {
        if ((error = rte_eth_rx_queue_setup(port, q, options.ring, SOCKET_ID_ANY, NULL, receive_pool)) ||
            (error = rte_eth_tx_queue_setup(port, q, options.ring, SOCKET_ID_ANY, NULL))) {
            die("queue %u of port %u: %s", q, port, rte_strerror(-error));
        }
    }
    if ((error = rte_eth_dev_start(port))) {
        die("port %u does not start: %s", port, rte_strerror(-error));
    }
}

static struct rte_mempool *new_pool(const char *name, uint32_t mbufs, uint32_t room)
{
    const uint32_t cache = 128;
    mbufs += 2 * cache;
    struct rte_mempool *pool =
        rte_pktmbuf_pool_create(name, mbufs, cache, 0, room + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
    if (!pool) {
        die("no memory for %u buffers of %u bytes: %s", mbufs, room, rte_strerror(rte_errno));
    }
    return pool;
}

static void __attribute__((noreturn)) usage(void)
{
    die("options after --: --size BYTES,...  --seconds N (0: until quit)  --warmup N  --rate PACKETS/S (0: full)\n"
        "  --window PACKETS (0: what the ring holds)  --ring ENTRIES (of the device, 256)  --queues N\n"
        "  --receive-port N  --room BYTES (of a receive buffer, 2048)  --segment BYTES (to send in several buffers)\n"
        "  and, to see that it finds faults: --corrupt-every N  --swap-every N  --drop-every N  --repeat-every N\n"
        "standard input: mark [NANOS], phase none|plain|repeat|swap, report, quit");
}

static uint64_t number(const char *text, uint64_t least, uint64_t most, const char *what)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || value < least || value > most) {
        die("--%s %s: must be %" PRIu64 " to %" PRIu64, what, text, least, most);
    }
    return value;
}

static void parse_sizes(char *list)
{
    uint32_t count = 0;
    for (char *item = strtok(list, ","); item; item = strtok(NULL, ",")) {
        if (count == SIZES) {
            die("--size: more than %u sizes", SIZES);
        }
        options.size[count++] = number(item, 64, MAX_FRAME, "size");
    }
    if (!count) {
        die("--size: names no size");
    }
    for (uint32_t i = 0; i < SIZES; i++) {
        options.size[i] = options.size[i % count];
        options.largest = RTE_MAX(options.largest, options.size[i]);
    }
}

static void parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"size", 1, NULL, 's'},          {"seconds", 1, NULL, 'n'},      {"warmup", 1, NULL, 'u'},
        {"rate", 1, NULL, 'r'},          {"window", 1, NULL, 'w'},       {"ring", 1, NULL, 'g'},
        {"room", 1, NULL, 'b'},          {"segment", 1, NULL, 'm'},      {"queues", 1, NULL, 'q'},
        {"receive-port", 1, NULL, 'p'},  {"corrupt-every", 1, NULL, 'C'}, {"swap-every", 1, NULL, 'S'},
        {"drop-every", 1, NULL, 'D'},    {"repeat-every", 1, NULL, 'R'}, {NULL, 0, NULL, 0}};
    char standard[] = "64";
    char *sizes = standard;
    for (int index, option; (option = getopt_long(argc, argv, "", known, &index)) != -1;) {
        if (option == 's') {
            sizes = optarg;
            continue;
        }
        if (option == '?') {
            usage();
        }
        const char *name = known[index].name;
        switch (option) {
        case 'n': options.seconds = number(optarg, 0, 1000000, name); break;
        case 'u': options.warmup = number(optarg, 0, 1000000, name); break;
        case 'r': options.rate = number(optarg, 0, NANOS, name); break;
        case 'w': options.window = number(optarg, 0, HISTORY, name); break;
        case 'g': options.ring = number(optarg, 64, HISTORY, name); break;
        case 'b': options.room = number(optarg, 64, MAX_FRAME, name); break;
        /* Words must not be cut in two, nor the header. */
        case 'm': options.segment = number(optarg, 64, MAX_FRAME, name) / 8 * 8; break;
        case 'q': options.queues = number(optarg, 1, MAX_QUEUES, name); break;
        case 'p': options.receive_port = number(optarg, 0, 1, name); break;
        case 'C': options.corrupt_every = number(optarg, 1, UINT64_MAX, name); break;
        case 'S': options.swap_every = number(optarg, 2, UINT64_MAX, name); break;
        case 'D': options.drop_every = number(optarg, 1, UINT64_MAX, name); break;
        case 'R': options.repeat_every = number(optarg, 1, UINT64_MAX, name); break;
        }
    }
    if (optind < argc) {
        die("what is '%s'?", argv[optind]);
    }
    parse_sizes(sizes);
}

static void stop(int signal)
{
    (void)signal;
    stopping = 1;
}

int main(int argc, char **argv)
{
    /* Standard output is for reports alone. */
    rte_openlog_stream(stderr);
    int taken = rte_eal_init(argc, argv);
    if (taken < 0) {
        die("DPDK does not start: %s", rte_strerror(rte_errno));
    }
    parse(argc - taken, argv + taken);
    uint32_t ports = options.receive_port + 1;
    if (rte_eth_dev_count_avail() < ports) {
        die("%u devices are needed, there are %u; name them by --vdev", ports, rte_eth_dev_count_avail());
    }
    if (!options.window) {
        options.window = options.ring;
    }
    for (uint32_t i = 0; i < SIZES; i++) {
        options.buffers[i] = (options.size[i] + VIRTIO_NET_HEADER - 1) / (options.room + VIRTIO_NET_HEADER) + 1;
        options.most_buffers = RTE_MAX(options.most_buffers, options.buffers[i]);
    }
    if (!options.segment) {
        options.segment = RTE_ALIGN(options.largest, 8);
    }
    /* All rings full, what this program holds itself, and what the pools keep for their user. */
    uint32_t rings = options.queues * options.ring;
    receive_pool = new_pool("receive", ports * rings + 4 * BURST, options.room);
    uint32_t segments = options.largest / options.segment + 1;
    send_pool = new_pool("send", rings + options.queues * BURST * segments, options.segment);
    for (uint16_t port = 0; port < ports; port++) {
        set_up(port);
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    run();
    for (uint16_t port = 0; port < ports; port++) {
        rte_eth_dev_stop(port);
        rte_eth_dev_close(port);
    }
    rte_eal_cleanup();
    return lost || reordered || duplicated || damaged;
}
