/*
 * A bare replay server: what a timing error is without Python, libraries or features.
 *
 *     paced SCHEDULE
 *
 * SCHEDULE, in the machine's byte order: the number of chunks (uint32), then each as
 * its time in ns (int64), its size (uint32) and its bytes. The server prints its address on
 * stderr and answers every request with the schedule, counted from when the request was read:
 * the head at once, then one HTTP chunk a chunk, each in one write.
 *
 * One thread, one epoll, one timerfd set to the earliest deadline of all connections, which
 * stand in a binary heap. No write happens before its time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 20000, MAX_EVENTS = 256 };

struct chunk {
    int64_t at_ns;
    uint32_t framed_bytes;
    char *framed; /* with the size line before and CRLF after */
};

struct connection {
    int fd;
    int heap_index; /* -1: not streaming */
    uint32_t next_chunk;
    int64_t start_ns;
    int64_t deadline_ns;
    uint32_t request_bytes;
    char request[1024];
};

static const char HEAD[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                           "transfer-encoding: chunked\r\n\r\n";
static const char END[] = "0\r\n\r\n";

static struct chunk *chunks;
static uint32_t chunk_count;
static struct connection *heap[MAX_CONNECTIONS];
static int heap_size;

static void die(const char *what) {
    perror(what);
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
        uint32_t bytes;
        if (fread(&chunks[i].at_ns, sizeof chunks[i].at_ns, 1, file) != 1) die(path);
        if (fread(&bytes, sizeof bytes, 1, file) != 1) die(path);
        char *framed = malloc(bytes + 16);
        int prefix_bytes = sprintf(framed, "%x\r\n", bytes);
        if (fread(framed + prefix_bytes, 1, bytes, file) != bytes) die(path);
        memcpy(framed + prefix_bytes + bytes, "\r\n", 2);
        chunks[i].framed = framed;
        chunks[i].framed_bytes = prefix_bytes + bytes + 2;
    }
    fclose(file);
}

static void heap_put(int index, struct connection *connection) {
    heap[index] = connection;
    connection->heap_index = index;
}

static void heap_up(int index) {
    struct connection *moved = heap[index];
    while (index > 0 && heap[(index - 1) / 2]->deadline_ns > moved->deadline_ns) {
        heap_put(index, heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    heap_put(index, moved);
}

static void heap_down(int index) {
    struct connection *moved = heap[index];
    for (;;) {
        int child = 2 * index + 1;
        if (child >= heap_size) break;
        if (child + 1 < heap_size && heap[child + 1]->deadline_ns < heap[child]->deadline_ns)
            child++;
        if (heap[child]->deadline_ns >= moved->deadline_ns) break;
        heap_put(index, heap[child]);
        index = child;
    }
    heap_put(index, moved);
}

static void heap_add(struct connection *connection) {
    heap[heap_size++] = connection;
    heap_up(heap_size - 1);
}

static void heap_remove(struct connection *connection) {
    int index = connection->heap_index;
    connection->heap_index = -1;
    if (--heap_size == index) return;
    heap_put(index, heap[heap_size]);
    heap_up(index);
    heap_down(heap[index]->heap_index);
}

static void hang_up(struct connection *connection) {
    if (connection->heap_index >= 0) heap_remove(connection);
    close(connection->fd); /* which also takes it out of the epoll */
    free(connection);
}

static void send_chunk(struct connection *connection) {
    struct chunk *chunk = &chunks[connection->next_chunk];
    /* A client that stops reading for megabytes is not measured: it is dropped. */
    if (write(connection->fd, chunk->framed, chunk->framed_bytes) != (ssize_t)chunk->framed_bytes) {
        hang_up(connection);
        return;
    }
    if (++connection->next_chunk < chunk_count) {
        connection->deadline_ns = connection->start_ns + chunks[connection->next_chunk].at_ns;
        heap_down(connection->heap_index);
        return;
    }
    heap_remove(connection);
    if (write(connection->fd, END, sizeof END - 1) < 0) hang_up(connection);
}

static void on_readable(struct connection *connection) {
    ssize_t bytes = read(connection->fd, connection->request + connection->request_bytes,
                         sizeof connection->request - connection->request_bytes);
    int64_t read_ns = now_ns();
    if (bytes < 0 && errno == EAGAIN) return;
    if (bytes <= 0) {
        hang_up(connection);
        return;
    }
    connection->request_bytes += bytes;
    if (!memmem(connection->request, connection->request_bytes, "\r\n\r\n", 4)) return;
    connection->request_bytes = 0;
    connection->start_ns = read_ns;
    connection->next_chunk = 0;
    connection->deadline_ns = read_ns + chunks[0].at_ns;
    if (write(connection->fd, HEAD, sizeof HEAD - 1) < 0) {
        hang_up(connection);
        return;
    }
    heap_add(connection);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: paced SCHEDULE\n");
        return 2;
    }
    read_schedule(argv[1]);

    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t address_bytes = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096))
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &address_bytes);

    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &timer;
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
    fprintf(stderr, "http://127.0.0.1:%d\n", ntohs(address.sin_port));

    int64_t armed_ns = 0;
    struct epoll_event ready[MAX_EVENTS];
    for (;;) {
        int count = epoll_wait(epoll, ready, MAX_EVENTS, -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (ready[i].data.ptr == &timer) {
                uint64_t expirations;
                if (read(timer, &expirations, sizeof expirations) > 0) armed_ns = 0;
            } else if (ready[i].data.ptr == &listener) {
                int fd;
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    int on = 1;
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    struct connection *connection = calloc(1, sizeof *connection);
                    connection->fd = fd;
                    connection->heap_index = -1;
                    event.data.ptr = connection;
                    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
                }
            } else {
                on_readable(ready[i].data.ptr);
            }
        }
        while (heap_size > 0 && heap[0]->deadline_ns <= now_ns()) send_chunk(heap[0]);
        if (heap_size > 0 && heap[0]->deadline_ns != armed_ns) {
            armed_ns = heap[0]->deadline_ns;
            struct itimerspec at = {.it_value = {armed_ns / 1000000000, armed_ns % 1000000000}};
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
        }
    }
}
