/*
 * One thread reads and one writes the same connection, on both sides at once: everything arrives as it was sent, with key
 * updates under way, and each thread is told by SSL_get_error what its own call has met.
 *
 * OpenSSL does not promise that much. Where it is the library under test, calls on one connection take turns.
 */
#include "call.h"

#include <poll.h>
#include <pthread.h>

/* ---- calls of one connection ---- */

struct end {
    SSL *ssl;
    pthread_mutex_t turn;
    int takes_turns;
    uint64_t seed;
    size_t len, key_updates, enough_updates;
    /* what came of it */
    size_t sent, received, updates_asked;
    uint64_t sum_sent, sum_received;
    int reader_ended_with, writer_ended_with, surprises;
};

static void turn_begin(struct end *end)
{
    if (end->takes_turns)
        pthread_mutex_lock(&end->turn);
}

static void turn_end(struct end *end)
{
    if (end->takes_turns)
        pthread_mutex_unlock(&end->turn);
}

static void wait_for(SSL *ssl, int error)
{
    struct pollfd fd = { .fd = SSL_get_fd(ssl), .events = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN };

    poll(&fd, 1, 1000);
}

/* Calls SSL_read or SSL_write until it has moved something; below 1 what SSL_get_error says, negated. */
static int move_some(struct end *end, int writes, void *buf, int len)
{
    for (;;) {
        int n, error;

        turn_begin(end);
        ERR_clear_error();
        n = writes ? SSL_write(end->ssl, buf, len) : SSL_read(end->ssl, buf, len);
        error = SSL_get_error(end->ssl, n);
        turn_end(end);
        if (n > 0)
            return n;
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return -error;
        wait_for(end->ssl, error);
    }
}

/* ---- the two threads of an end ---- */

static void *reads(void *arg)
{
    struct end *end = arg;
    unsigned char buf[20000];
    int n;

    /* reads of odd sizes, with peeks in between */
    for (int round = 0; (n = move_some(end, 0, buf, 1 + (round * 7919) % (int)sizeof buf)) > 0; round++) {
        end->sum_received = fingerprint(end->sum_received, buf, (size_t)n);
        end->received += (size_t)n;
        if (SSL_pending(end->ssl) < 0)
            end->surprises++;
    }
    end->reader_ended_with = -n;
    return NULL;
}

static void *writes(void *arg)
{
    struct end *end = arg;
    unsigned char buf[40000];

    for (int round = 0; end->sent < end->len; round++) {
        size_t part = 1 + (size_t)round * 6151 % sizeof buf;
        int n;

        if (part > end->len - end->sent)
            part = end->len - end->sent;
        fill_pattern(buf, part, end->seed + (uint64_t)round);
        end->sum_sent = fingerprint(end->sum_sent, buf, part);
        if ((n = move_some(end, 1, buf, (int)part)) != (int)part) {
            end->writer_ended_with = n;
            break;
        }
        end->sent += part;
        if (end->key_updates > 0 && round % 2 == 1) {
            turn_begin(end);
            end->updates_asked += (size_t)SSL_key_update(end->ssl, SSL_KEY_UPDATE_REQUESTED);
            turn_end(end);
            end->key_updates--;
        }
    }
    /* goodbye, while the other thread reads */
    for (int error = SSL_ERROR_WANT_WRITE; error == SSL_ERROR_WANT_WRITE;) {
        int ret = 1;

        turn_begin(end);
        ERR_clear_error();
        /* a key update that waits to be sent goes before it */
        if (SSL_in_init(end->ssl))
            ret = SSL_do_handshake(end->ssl);
        if (ret == 1)
            ret = SSL_shutdown(end->ssl);
        error = ret < 0 ? SSL_get_error(end->ssl, ret) : SSL_ERROR_NONE;
        turn_end(end);
        if (error == SSL_ERROR_WANT_WRITE)
            wait_for(end->ssl, error);
        else
            end->surprises += error != SSL_ERROR_NONE;
    }
    return NULL;
}

static void show_end(const char *who, const struct end *end, const struct end *from)
{
    printf("%s: all sent %d, all received %d, unchanged %d\n", who, end->sent == end->len, end->received == from->len,
           end->sum_received == from->sum_sent);
    printf("  reader ended with %s, writer with %d, surprises %d, key updates %s\n",
           call_error_name(end->reader_ended_with), end->writer_ended_with, end->surprises,
           end->updates_asked >= end->enough_updates ? "asked for" : "missing");
}

/* ---- a pair ---- */

static void start(pthread_t *id, void *(*body)(void *), void *arg)
{
    if (pthread_create(id, NULL, body, arg) != 0)
        check_give_up("pthread_create");
}

static void transfer(int version, int blocking, size_t key_updates)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    /* OpenSSL gets stuck where a key update meets a write that waits: then all fits into the socket */
    int small = key_updates > 0 && (check_on_reference() || getenv("CAPI_SOAK") == NULL);
    size_t len = small ? 120000 : (size_t)check_rounds(2000000);
    struct end ends[2] = { 0 };
    pthread_t ids[4];

    pair_new_over(&ends[0].ssl, &ends[1].ssl, ctx.client, ctx.server, PAIR_SOCKET);
    pair_connect(ends[0].ssl, ends[1].ssl);
    pair_settle(ends[0].ssl);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_init(&ends[i].turn, NULL);
        ends[i].takes_turns = check_on_reference();
        ends[i].seed = (uint64_t)(i + 1) * 1000003;
        ends[i].len = len + (size_t)i * 1017;
        ends[i].key_updates = small ? key_updates : 100 * key_updates;
        ends[i].enough_updates = key_updates;
        ends[i].sum_sent = ends[i].sum_received = 14695981039346656037u;
        setsockopt(SSL_get_fd(ends[i].ssl), SOL_SOCKET, SO_SNDBUF, &(int){ small ? 200000 : 20000 }, sizeof(int));
        /* with turns, a call that waits would keep the other one out */
        if (blocking && !check_on_reference())
            fcntl(SSL_get_fd(ends[i].ssl), F_SETFL, 0);
    }
    for (int i = 0; i < 2; i++) {
        start(&ids[i], reads, &ends[i]);
        start(&ids[2 + i], writes, &ends[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
    show_end("client", &ends[0], &ends[1]);
    show_end("server", &ends[1], &ends[0]);
    for (int i = 0; i < 2; i++) {
        SHOW(SSL_shutdown(ends[i].ssl));
        SHOW(SSL_get_shutdown(ends[i].ssl));
        pthread_mutex_destroy(&ends[i].turn);
    }
    pair_free(ends[0].ssl, ends[1].ssl);
    contexts_free(&ctx);
}

static void non_blocking(int version)
{
    transfer(version, 0, 0);
}

static void blocking(int version)
{
    transfer(version, 1, 0);
}

/* ---- the end of one is seen by the other ---- */

static void *reads_once(void *arg)
{
    struct end *end = arg;
    char buf[16];

    end->reader_ended_with = -move_some(end, 0, buf, sizeof buf);
    return NULL;
}

/* A connected pair over sockets, and a thread that reads once at the client's end. */
static pthread_t begin(struct end *end, SSL **server, const struct contexts *ctx)
{
    pthread_t id;

    pair_new_over(&end->ssl, server, ctx->client, ctx->server, PAIR_SOCKET);
    pair_connect(end->ssl, *server);
    pair_settle(end->ssl);
    end->takes_turns = check_on_reference();
    pthread_mutex_init(&end->turn, NULL);
    start(&id, reads_once, end);
    return id;
}

static void finish(struct end *end, SSL *server, struct contexts *ctx)
{
    pthread_mutex_destroy(&end->turn);
    pair_free(end->ssl, server);
    contexts_free(ctx);
}

/* A reader waits when its own side says goodbye in another thread, and the peer answers. */
static void goodbye_meets_reader(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct end end = { .takes_turns = 0 };
    SSL *server;
    char buf[16];
    pthread_t id;

    id = begin(&end, &server, &ctx);
    turn_begin(&end);
    SHOW(SSL_shutdown(end.ssl));
    turn_end(&end);
    wait_for(server, SSL_ERROR_WANT_READ);
    CALL(server, SSL_read(server, buf, sizeof buf));
    SHOW(SSL_shutdown(server));
    pthread_join(id, NULL);
    printf("the reader met %s\n", call_error_name(end.reader_ended_with));
    SHOW(SSL_shutdown(end.ssl));
    finish(&end, server, &ctx);
}

/* A broken record ends the connection for the reader while the other thread writes. */
static void broken_record(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    static const unsigned char record[] = { 23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
    struct end end = { .takes_turns = 0 };
    unsigned char buf[2000] = { 0 };
    SSL *server;
    pthread_t id;
    int n;

    id = begin(&end, &server, &ctx);
    move_some(&end, 1, buf, sizeof buf);
    if (write(SSL_get_fd(server), record, sizeof record) != (ssize_t)sizeof record)
        check_give_up("write");
    do {
        n = move_some(&end, 1, buf, 1);
        (void)!read(SSL_get_fd(server), buf, sizeof buf);
    } while (n == 1);
    pthread_join(id, NULL);
    printf("the reader met %s\n", call_error_name(end.reader_ended_with));
    CALL(end.ssl, SSL_write(end.ssl, "data", 4));
    CALL(end.ssl, SSL_read(end.ssl, buf, sizeof buf));
    finish(&end, server, &ctx);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    in_both_versions("without blocking", non_blocking);
    in_both_versions("blocking", blocking);
    SECTION("key updates, without blocking");
    transfer(TLS1_3_VERSION, 0, 3);
    SECTION("key updates, blocking");
    transfer(TLS1_3_VERSION, 1, 3);
    in_both_versions("goodbye while the other thread reads", goodbye_meets_reader);
    in_both_versions("a broken record while the other thread writes", broken_record);
    return 0;
}
