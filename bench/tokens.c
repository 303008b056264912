/*
 * The measuring client for servers of any framing: asks N times at once and times every token.
 *
 *     tokens PORT BODY CONNECTIONS RAMP_MS TOKENS FIRST_MS GAP_MS > ERRORS
 *
 * A token is `"content":` with a string that is not empty, wherever it comes in the answer. All
 * connections are opened first; then the requests go out, evenly spread over RAMP_MS. The error
 * of token k is (when the read that brought its field returned - request sent) - (FIRST_MS + k *
 * GAP_MS). An answer with fewer or more tokens is not complete: exit 1 and a line on stderr.
 *
 * Output: the errors in ns, int64, in the machine's byte order, connection by connection. The
 * line "started" on stderr says that the first request is about to go out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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

enum { MAX_EVENTS = 256, BUFFER_BYTES = 65536, SETTLE_MS = 300, STALL_MS = 15000 };

struct connection {
    int fd;
    int token_count;
    int matched; /* how much of FIELD the last bytes are; then 1 more for its space and quote */
    int64_t sent_ns;
};

static const char FIELD[] = "\"content\":";
enum { COLON = sizeof FIELD - 1, QUOTE = COLON + 1 };

static int token_limit;
static int64_t first_ns, gap_ns;
static int64_t *errors_ns;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void wrong(int connection, int token, const char *what) {
    fprintf(stderr, "answer %d, token %d: %s\n", connection, token, what);
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void take(struct connection *connection, int index, const char *at, ssize_t bytes,
                 int64_t arrival_ns) {
    int matched = connection->matched;
    for (const char *end = at + bytes; at < end; at++) {
        if (matched < COLON) {
            matched = *at == FIELD[matched] ? matched + 1 : *at == FIELD[0];
        } else if (matched == COLON) {
            if (*at != ' ') matched = *at == '"' ? QUOTE : 0;
        } else {
            matched = 0;
            if (*at == '"') continue; /* an empty one: it comes with the role */
            if (connection->token_count == token_limit) wrong(index, token_limit, "one too many");
            errors_ns[(size_t)index * token_limit + connection->token_count] =
                arrival_ns - connection->sent_ns - first_ns - connection->token_count * gap_ns;
            connection->token_count++;
        }
    }
    connection->matched = matched;
}

int main(int argc, char **argv) {
    if (argc != 8) {
        fprintf(stderr, "usage: tokens PORT BODY CONNECTIONS RAMP_MS TOKENS FIRST_MS GAP_MS\n");
        return 2;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char *request;
    int request_bytes = asprintf(&request,
                                 "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                 "Content-Type: application/json\r\nAuthorization: Bearer x\r\n"
                                 "Content-Length: %zu\r\n\r\n%s",
                                 strlen(argv[2]), argv[2]);
    int connection_count = atoi(argv[3]);
    int64_t ramp_gap_ns = atoi(argv[4]) * 1000000LL / connection_count;
    token_limit = atoi(argv[5]);
    first_ns = atoi(argv[6]) * 1000000LL;
    gap_ns = atoi(argv[7]) * 1000000LL;
    errors_ns = calloc((size_t)connection_count * token_limit, sizeof *errors_ns);
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
    struct timespec gap = {ramp_gap_ns / 1000000000, ramp_gap_ns % 1000000000};
    struct itimerspec every = {.it_interval = gap, .it_value = {0, 1}};
    fprintf(stderr, "started\n");
    timerfd_settime(timer, 0, &every, NULL);

    int sent_count = 0, done_count = 0;
    static char buffer[BUFFER_BYTES];
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
                    if (write(connection->fd, request, request_bytes) < 0) die("request");
                }
                if (sent_count == connection_count) close(timer);
                continue;
            }
            int index = ready[i].data.u32;
            struct connection *connection = &connections[index];
            ssize_t bytes = read(connection->fd, buffer, BUFFER_BYTES);
            int64_t arrival_ns = now_ns();
            if (bytes < 0 && errno == EAGAIN) continue;
            if (bytes <= 0) wrong(index, connection->token_count, "the connection was closed");
            take(connection, index, buffer, bytes, arrival_ns);
            if (connection->token_count == token_limit) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, connection->fd, NULL);
                done_count++;
            }
        }
    }
    size_t error_count = (size_t)connection_count * token_limit;
    if (fwrite(errors_ns, sizeof *errors_ns, error_count, stdout) != error_count) die("stdout");
    return 0;
}
