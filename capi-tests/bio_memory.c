/*
 * Connections between memory BIOs, driven as event loops and language runtimes do: asyncio's and .NET's memory BIOs, Node's
 * rings, libevent's buffers as a BIO method. The wire is carried by hand, in pieces of any size.
 */
#include "call.h"

struct loop {
    struct contexts ctx;
    SSL *client, *server;
    BIO *to_client, *to_server; /* what each side reads */
    BIO *from_client, *from_server; /* what each side has written */
};

static char buf[1 << 17];

static struct loop loop_new(int version, BIO *(*make)(void))
{
    struct loop loop = { .ctx = contexts_new("ecdsa", version) };

    SSL_CTX_set_num_tickets(loop.ctx.server, 1);
    loop.client = SSL_new(loop.ctx.client);
    loop.server = SSL_new(loop.ctx.server);
    loop.to_client = make();
    loop.to_server = make();
    loop.from_client = make();
    loop.from_server = make();
    SSL_set_bio(loop.client, loop.to_client, loop.from_client);
    SSL_set_bio(loop.server, loop.to_server, loop.from_server);
    SSL_set_connect_state(loop.client);
    SSL_set_accept_state(loop.server);
    return loop;
}

static void loop_free(struct loop *loop)
{
    pair_free(loop->client, loop->server);
    contexts_free(&loop->ctx);
}

/* Carries at most `most` bytes; how many. */
static int carry(BIO *from, BIO *to, int most)
{
    char piece[5000];
    int done = 0, n;

    while (done < most && (n = BIO_read(from, piece, most - done < (int)sizeof piece ? most - done : (int)sizeof piece)) > 0) {
        if (BIO_write(to, piece, n) != n)
            check_give_up("BIO_write");
        done += n;
    }
    return done;
}

static void carry_all(struct loop *loop)
{
    carry(loop->from_client, loop->to_server, INT_MAX);
    carry(loop->from_server, loop->to_client, INT_MAX);
}

static void connect_loop(struct loop *loop)
{
    for (int i = 0; i < 10; i++) {
        SSL_do_handshake(loop->client);
        SSL_do_handshake(loop->server);
        carry_all(loop);
    }
    pair_settle(loop->client);
    if (SSL_in_init(loop->client) || SSL_in_init(loop->server))
        check_give_up("handshake");
    ERR_clear_error();
}

/* ---- asyncio: plain memory BIOs that would block when they are empty ---- */

static BIO *waiting_memory(void)
{
    BIO *bio = BIO_new(BIO_s_mem());

    BIO_set_mem_eof_return(bio, -1);
    return bio;
}

/* Calls that ended the same way, counted. */
static void again(SSL *ssl, int value, int last)
{
    static int before_value = 9999, before_error, times;
    int error = SSL_get_error(ssl, value);

    if (times > 0 && (last || value != before_value || error != before_error)) {
        printf("  %s: %d\n", call_error_name(before_error), before_value);
        times = 0;
    }
    before_value = value;
    before_error = error;
    times++;
    if (last)
        times = 0;
    ERR_clear_error();
}

static void byte_by_byte(int version)
{
    struct loop loop = loop_new(version, waiting_memory);
    int value, done = 0;

    for (int i = 0; i < 100000 && done != 3; i++) {
        again(loop.client, value = SSL_do_handshake(loop.client), 0);
        done |= value == 1;
        while ((done & 1) == 0 && BIO_pending(loop.to_client) == 0 && carry(loop.from_server, loop.to_client, 1) == 0 && (done & 2) == 0) {
            carry(loop.from_client, loop.to_server, 1);
            value = SSL_do_handshake(loop.server);
            done |= (value == 1) << 1;
            if (value != 1 && SSL_get_error(loop.server, value) != SSL_ERROR_WANT_READ)
                check_give_up("handshake");
        }
        if ((done & 1) != 0) {
            carry(loop.from_client, loop.to_server, 1);
            done |= (SSL_do_handshake(loop.server) == 1) << 1;
        }
    }
    again(loop.client, 1, 1);
    SHOW(done);
    carry_all(&loop);
    pair_settle(loop.client);
    printf("-- data\n");
    CALL(loop.server, SSL_write(loop.server, "some data", 9));
    CALL(loop.server, SSL_shutdown(loop.server));
    do {
        value = SSL_read(loop.client, buf, 4);
        again(loop.client, value, 0);
    } while (value > 0 || carry(loop.from_server, loop.to_client, 1) == 1);
    again(loop.client, SSL_read(loop.client, buf, 4), 1);
    CALL(loop.client, SSL_read(loop.client, buf, 4));
    loop_free(&loop);
}

/* What lies in the BIOs, and which of it the library has taken. */
static void show_amounts(const char *label, struct loop *loop)
{
    printf("%s: client has pending %d (%d), BIO %ld; server has pending %d (%d), BIO %ld; on the way %ld and %ld\n", label, SSL_pending(loop->client), SSL_has_pending(loop->client),
           (long)BIO_ctrl_pending(loop->to_client), SSL_pending(loop->server), SSL_has_pending(loop->server), (long)BIO_ctrl_pending(loop->to_server),
           (long)BIO_pending(loop->from_client), (long)BIO_pending(loop->from_server));
}

static void several_records(int version)
{
    static char data[40000];
    struct loop loop = loop_new(version, waiting_memory);

    connect_loop(&loop);
    show_amounts("connected", &loop);
    for (int i = 0; i < 3; i++)
        CALL(loop.server, SSL_write(loop.server, data, 100 + i));
    CALL(loop.server, SSL_write(loop.server, data, sizeof data));
    CALL(loop.server, SSL_shutdown(loop.server));
    show_amounts("written", &loop);
    carry(loop.from_server, loop.to_client, 250);
    for (int i = 0; i < 4; i++)
        CALL(loop.client, SSL_read(loop.client, buf, 60));
    show_amounts("part of it", &loop);
    carry_all(&loop);
    BIO_write(loop.to_client, "junk after the goodbye", 22);
    for (int i = 0; i < 9; i++) {
        CALL(loop.client, SSL_read(loop.client, buf, sizeof buf));
        show_amounts("read", &loop);
    }
    CALL(loop.client, SSL_write(loop.client, "may still be said", 17));
    CALL(loop.client, SSL_shutdown(loop.client));
    show_amounts("closed", &loop);
    carry_all(&loop);
    CALL(loop.server, SSL_read(loop.server, buf, sizeof buf));
    CALL(loop.server, SSL_shutdown(loop.server));
    CALL(loop.client, SSL_shutdown(loop.client));
    show_amounts("both", &loop);
    loop_free(&loop);
}

/* The stream ends: what BIO_set_mem_eof_return says decides between waiting and an end. */
static void ends(int version)
{
    for (int eof = -1; eof <= 0; eof++)
        for (int ignore = 0; ignore < 2; ignore++)
            for (int rest = 0; rest < 3; rest++) {
                struct loop loop = loop_new(version, waiting_memory);

                printf("-- eof return %d, ignored %d, %s\n", eof, ignore, rest == 0 ? "nothing more" : rest == 1 ? "part of a record" : "a record");
                connect_loop(&loop);
                if (ignore)
                    SSL_set_options(loop.client, SSL_OP_IGNORE_UNEXPECTED_EOF);
                if (rest > 0) {
                    CALL(loop.server, SSL_write(loop.server, "data", 4));
                    carry(loop.from_server, loop.to_client, rest == 1 ? 12 : INT_MAX);
                }
                BIO_set_mem_eof_return(loop.to_client, eof);
                for (int i = 0; i < 3; i++) {
                    CALL(loop.client, SSL_read(loop.client, buf, sizeof buf));
                    SHOW(BIO_eof(loop.to_client));
                    SHOW(BIO_should_retry(loop.to_client) != 0);
                }
                SHOW(SSL_get_shutdown(loop.client));
                CALL(loop.client, SSL_write(loop.client, "x", 1));
                CALL(loop.client, SSL_shutdown(loop.client));
                loop_free(&loop);
            }
}

/* ---- .NET: whole frames go in, whatever is pending comes out ---- */

/* The length of the first frame in `bio`, 0 if it is not whole. */
static int frame(BIO *bio)
{
    unsigned char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    int whole = len >= 5 ? 5 + (data[3] << 8 | data[4]) : 0;

    return whole <= len ? whole : 0;
}

static void frame_by_frame(int version)
{
    static char data[50000];
    struct loop loop = loop_new(version, waiting_memory);
    int value = -1, answer = -1, n;

    for (int i = 0; i < 50 && (value != 1 || answer != 1); i++) {
        if (value != 1)
            value = SSL_do_handshake(loop.client);
        ERR_clear_error();
        carry(loop.from_client, loop.to_server, frame(loop.from_client));
        if (answer != 1)
            answer = SSL_do_handshake(loop.server);
        ERR_clear_error();
        carry(loop.from_server, loop.to_client, frame(loop.from_server));
    }
    printf("handshake %d %d\n", value, answer);
    carry_all(&loop);
    pair_settle(loop.client);
    fill_pattern((unsigned char *)data, sizeof data, 5);
    CALL(loop.client, SSL_write(loop.client, data, sizeof data));
    while ((n = frame(loop.from_client)) > 0) {
        printf("frame of %d\n", n);
        carry(loop.from_client, loop.to_server, n);
        CALL(loop.server, SSL_read(loop.server, buf, sizeof buf));
        CALL(loop.server, SSL_read(loop.server, buf, sizeof buf));
    }
    printf("-- a renegotiation or key update is not expected: the state says so\n");
    SHOW(SSL_is_init_finished(loop.server));
    SHOW(SSL_renegotiate_pending(loop.server));
    CALL(loop.client, SSL_shutdown(loop.client));
    printf("goodbye of %d\n", frame(loop.from_client));
    carry_all(&loop);
    CALL(loop.server, SSL_read(loop.server, buf, sizeof buf));
    SHOW(SSL_get_shutdown(loop.server));
    loop_free(&loop);
}

/* ---- Node: rings that take a bounded amount; libevent: a BIO method over a buffer with a watermark ---- */

#define RING 700

static int ring_read(BIO *bio, char *out, int len)
{
    int n;

    BIO_clear_retry_flags(bio);
    n = BIO_read(BIO_get_data(bio), out, len);
    if (n <= 0)
        BIO_set_retry_read(bio);
    return n;
}

static int ring_write(BIO *bio, const char *in, int len)
{
    int room = RING - (int)BIO_ctrl_pending(BIO_get_data(bio));

    BIO_clear_retry_flags(bio);
    if (room <= 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    return BIO_write(BIO_get_data(bio), in, len < room ? len : room);
}

static long ring_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    switch (cmd) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_PENDING:
    case BIO_CTRL_WPENDING:
        return (long)BIO_ctrl_pending(BIO_get_data(bio));
    case BIO_CTRL_EOF:
        return BIO_ctrl(BIO_get_data(bio), cmd, num, ptr);
    default:
        return 0;
    }
}

static int ring_create(BIO *bio)
{
    BIO_set_data(bio, waiting_memory());
    BIO_set_init(bio, 1);
    return 1;
}

static int ring_destroy(BIO *bio)
{
    return BIO_free(BIO_get_data(bio));
}

static BIO *ring(void)
{
    static BIO_METHOD *method;

    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ring");
        if (method == NULL || !BIO_meth_set_read(method, ring_read) || !BIO_meth_set_write(method, ring_write) || !BIO_meth_set_ctrl(method, ring_ctrl)
            || !BIO_meth_set_create(method, ring_create) || !BIO_meth_set_destroy(method, ring_destroy))
            check_give_up("BIO method");
    }
    return BIO_new(method);
}

/* A program's side of the loop: what it has to send, what it got, and what it waits for. */
struct stream {
    SSL *ssl;
    const unsigned char *data;
    size_t sent, got;
    uint64_t sum;
    int closed, waited;
};

#define AMOUNT 60000

/* One turn: everything that can be read and written now, with the checks that bufferevents and TLSWrap make. */
static int turn(struct stream *stream)
{
    SSL *ssl = stream->ssl;
    int moved = 0, n;

    while ((n = SSL_read(ssl, buf, SSL_pending(ssl) > 0 ? SSL_pending(ssl) : 4096)) > 0) {
        stream->sum = fingerprint(stream->sum, buf, (size_t)n);
        stream->got += (size_t)n;
        moved = 1;
    }
    if (SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN)
        stream->closed |= 2;
    else if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ && SSL_get_error(ssl, n) != SSL_ERROR_WANT_WRITE)
        call_show("SSL_read", ssl, n);
    while (stream->sent < AMOUNT) {
        size_t part = AMOUNT - stream->sent < 9000 ? AMOUNT - stream->sent : 9000;

        ERR_clear_error();
        if ((n = SSL_write(ssl, stream->data + stream->sent, (int)part)) <= 0)
            break;
        stream->sent += (size_t)n;
        moved = 1;
    }
    if (n <= 0 && SSL_is_init_finished(ssl) && SSL_get_error(ssl, n) == SSL_ERROR_WANT_WRITE)
        stream->waited = 1;
    if (stream->sent == AMOUNT && (stream->closed & 1) == 0) {
        ERR_clear_error();
        n = SSL_shutdown(ssl);
        if (n >= 0)
            stream->closed |= 1;
        moved |= n >= 0;
    }
    ERR_clear_error();
    return moved;
}

static void report(const char *name, const struct stream *stream, uint64_t expected)
{
    printf("%s: sent %zu, got %zu, right %d, closed %d, waited for room %d, shutdown %d\n", name, stream->sent, stream->got, stream->sum == expected, stream->closed, stream->waited,
           SSL_get_shutdown(stream->ssl));
}

static void watermarks(int version)
{
    static unsigned char data[AMOUNT];
    const uint64_t start = 14695981039346656037u;
    const int pieces[] = { 1 << 20, 613, 1 };

    fill_pattern(data, sizeof data, 11);
    for (int i = 0; i < 3; i++) {
        struct loop loop = loop_new(version, ring);
        struct stream client = { loop.client, data, i == 2 ? AMOUNT - 500 : 0, 0, start, 0, 0 }, server = { loop.server, data, client.sent, 0, start, 0, 0 };
        uint64_t expected = fingerprint(start, data + client.sent, AMOUNT - client.sent);

        printf("-- pieces of %d\n", pieces[i]);
        SSL_set_mode(loop.client, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_set_mode(loop.server, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        for (int round = 0, idle = 0; round < 100000 && idle < 3; round++) {
            int moved = turn(&client) + turn(&server);

            moved += carry(BIO_get_data(loop.from_client), BIO_get_data(loop.to_server), pieces[i]);
            moved += carry(BIO_get_data(loop.from_server), BIO_get_data(loop.to_client), pieces[i]);
            idle = moved ? 0 : idle + 1;
        }
        report("client", &client, expected);
        report("server", &server, expected);
        loop_free(&loop);
    }
}

int main(void)
{
    in_both_versions("byte by byte", byte_by_byte);
    in_both_versions("several records", several_records);
    in_both_versions("ends", ends);
    in_both_versions("frame by frame", frame_by_frame);
    in_both_versions("watermarks", watermarks);
    return 0;
}
