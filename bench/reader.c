/*
 * The measuring client: reads N replays of one schedule at once and times every chunk.
 *
 *     reader PORT SCHEDULE CONNECTIONS RAMP_MS > ERRORS
 *
 * SCHEDULE is what paced.c reads. All connections are opened first; then the requests go out,
 * evenly spread over RAMP_MS. A chunk's time of arrival is when the read that brought its last
 * byte returned; its error is (arrival - request sent) - its time in the schedule. Every chunk
 * must have the schedule's size and bytes: exit 1 and a line on stderr if not.
 *
 * Output: the errors in ns, int64, in the machine's byte order: all of the first connection,
 * then all of the second, and so on. The line "started" on stderr says that the first request
 * is about to go out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 256, BUFFER_BYTES = 4096, SETTLE_MS = 300, STALL_MS = 15000 };

struct chunk {
    int64_t at_ns;
    uint32_t bytes;
    char *data;
};

struct connection {
    int fd;
    int head_read;
    int done;
    uint32_t next_chunk;
    int64_t sent_ns;
    uint32_t held_bytes;
    char held[BUFFER_BYTES];
};

static const char REQUEST[] = "GET /stream HTTP/1.1\r\nHost: bench.test\r\n\r\n";

static struct chunk *chunks;
static uint32_t chunk_count;
static int64_t *errors_ns;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void wrong(int connection, uint32_t chunk, const char *what) {
    fprintf(stderr, "stream %d, chunk %u: %s\n", connection, chunk, what);
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void read_schedule(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fread(&chunk_count, sizeof chunk_count, 1, file) != 1) die(path);
    chunks = calloc(chunk_count, sizeof *chunks);
    for (uint32_t i = 0; i < chunk_count; i++) {
        if (fread(&chunks[i].at_ns, sizeof chunks[i].at_ns, 1, file) != 1) die(path);
        if (fread(&chunks[i].bytes, sizeof chunks[i].bytes, 1, file) != 1) die(path);
        chunks[i].data = malloc(chunks[i].bytes);
        if (fread(chunks[i].data, 1, chunks[i].bytes, file) != chunks[i].bytes) die(path);
    }
    fclose(file);
}

/* Use up what is held: the head, whole chunks, the end. */
static void take(struct connection *connection, int index, int64_t arrival_ns) {
    char *at = connection->held, *end = at + connection->held_bytes;
    if (!connection->head_read) {
        char *head_end = memmem(at, end - at, "\r\n\r\n", 4);
        if (!head_end) return;
        if (strncmp(at, "HTTP/1.1 200 ", 13)) wrong(index, 0, "the answer is not 200");
        connection->head_read = 1;
        at = head_end + 4;
    }
    for (;;) {
        char *line_end = memmem(at, end - at, "\r\n", 2);
        if (!line_end) break;
        unsigned long bytes = strtoul(at, NULL, 16);
        if (end - (line_end + 2) < (ptrdiff_t)bytes + 2) break;
        uint32_t number = connection->next_chunk;
        if (bytes == 0) {
            if (number != chunk_count) wrong(index, number, "the stream ended before it");
            connection->done = 1;
            break;
        }
        if (number == chunk_count) wrong(index, number, "there is no such chunk");
        if (bytes != chunks[number].bytes || memcmp(line_end + 2, chunks[number].data, bytes))
            wrong(index, number, "other bytes than recorded");
        errors_ns[(size_t)index * chunk_count + number] =
            arrival_ns - connection->sent_ns - chunks[number].at_ns;
        connection->next_chunk++;
        at = line_end + 2 + bytes + 2;
    }
    connection->held_bytes = end - at;
    memmove(connection->held, at, connection->held_bytes);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: reader PORT SCHEDULE CONNECTIONS RAMP_MS > ERRORS\n");
        return 2;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    read_schedule(argv[2]);
    int connection_count = atoi(argv[3]);
    int64_t gap_ns = atoi(argv[4]) * 1000000LL / connection_count;
    errors_ns = calloc((size_t)connection_count * chunk_count, sizeof *errors_ns);
    struct connection *connections = calloc(connection_count, sizeof *connections);

    int epoll = epoll_create1(0);
    for (int i = 0; i < connection_count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        connections[i].fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        usleep(200); /* or a short accept queue overflows, and the kernel tries again in 1 s */
    }
    usleep(SETTLE_MS * 1000);

    enum { TIMER = UINT32_MAX };
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = TIMER};
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
    struct timespec gap = {gap_ns / 1000000000, gap_ns % 1000000000};
    struct itimerspec every = {.it_interval = gap, .it_value = {0, 1}};
    fprintf(stderr, "started\n");
    timerfd_settime(timer, 0, &every, NULL);

    int sent_count = 0, done_count = 0;
    struct epoll_event ready[MAX_EVENTS];
    while (done_count < connection_count) {
        int count = epoll_wait(epoll, ready, MAX_EVENTS, STALL_MS);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        if (count == 0) wrong(done_count, 0, "nothing came for 15 s");
        for (int i = 0; i < count; i++) {
            if (ready[i].data.u32 == TIMER) {
                uint64_t due;
                if (read(timer, &due, sizeof due) < 0) continue;
                for (; due > 0 && sent_count < connection_count; due--) {
                    struct connection *connection = &connections[sent_count++];
                    connection->sent_ns = now_ns();
                    if (write(connection->fd, REQUEST, sizeof REQUEST - 1) < 0) die("request");
                }
                if (sent_count == connection_count) close(timer);
                continue;
            }
            int index = ready[i].data.u32;
            struct connection *connection = &connections[index];
            ssize_t bytes = read(connection->fd, connection->held + connection->held_bytes,
                                 BUFFER_BYTES - connection->held_bytes);
            int64_t arrival_ns = now_ns();
            if (bytes < 0 && errno == EAGAIN) continue;
            if (bytes <= 0) wrong(index, connection->next_chunk, "the connection was closed");
            connection->held_bytes += bytes;
            take(connection, index, arrival_ns);
            if (connection->done) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, connection->fd, NULL);
                done_count++;
            }
        }
    }
    size_t error_count = (size_t)connection_count * chunk_count;
    if (fwrite(errors_ns, sizeof *errors_ns, error_count, stdout) != error_count) die("stdout");
    return 0;
}
