/* SSL_read, SSL_write, SSL_peek and their _ex forms, pending data, retries and modes. */
#include "call.h"

#include <sys/ioctl.h>

struct ends {
    struct contexts ctx;
    SSL *client, *server;
};

/* An open connection over `kind`; what the server sent after its handshake has been taken in. */
static struct ends open_ends(int version, enum pair_kind kind)
{
    struct ends ends = { .ctx = contexts_new("ecdsa", version) };

    pair_new_over(&ends.client, &ends.server, ends.ctx.client, ends.ctx.server, kind);
    pair_connect(ends.client, ends.server);
    pair_settle(ends.client);
    return ends;
}

static void close_ends(struct ends *ends)
{
    pair_free(ends->client, ends->server);
    contexts_free(&ends->ctx);
}

static void show_pending(SSL *ssl)
{
    printf("pending %d, has_pending %d\n", SSL_pending(ssl), SSL_has_pending(ssl));
}

/* ---- plain calls ---- */

static void plain(int version)
{
    struct ends ends = open_ends(version, PAIR_BIO);
    SSL *client = ends.client, *server = ends.server;
    char buf[64] = "";
    size_t n = 77;

    show_pending(client);
    CALL(client, SSL_read(client, buf, sizeof buf));
    CALL(client, SSL_read_ex(client, buf, sizeof buf, &n));
    SHOW(n);
    CALL(client, SSL_peek(client, buf, sizeof buf));
    CALL(client, SSL_peek_ex(client, buf, sizeof buf, &n));
    SHOW(n);
    CALL(server, SSL_write(server, "first", 5));
    CALL(server, SSL_write_ex(server, "second", 6, &n));
    SHOW(n);
    show_pending(client);
    CALL(client, SSL_peek(client, buf, 3));
    show_pending(client);
    CALL(client, SSL_peek(client, buf, 64));
    CALL(client, SSL_read(client, buf, 2));
    show_pending(client);
    CALL(client, SSL_read(client, buf, 64));
    show_pending(client);
    CALL(client, SSL_peek_ex(client, buf, 64, &n));
    SHOW(n);
    CALL(client, SSL_read_ex(client, buf, 64, &n));
    SHOW(n);
    SHOW_HEX("read", buf, n);
    CALL(client, SSL_read(client, buf, 64));
    close_ends(&ends);
}

static void lengths(int version)
{
    struct ends ends = open_ends(version, PAIR_BIO);
    SSL *client = ends.client, *server = ends.server;
    char buf[64] = "";
    size_t n = 77;

    CALL(client, SSL_write(client, buf, 0));
    CALL(client, SSL_write_ex(client, buf, 0, &n));
    SHOW(n);
    n = 77;
    CALL(server, SSL_read(server, buf, 0));
    CALL(server, SSL_read_ex(server, buf, 0, &n));
    SHOW(n);
    CALL(server, SSL_peek(server, buf, 0));
    CALL(client, SSL_write(client, buf, -1));
    CALL(client, SSL_read(client, buf, -1));
    CALL(client, SSL_peek(client, buf, -1));
    CALL(client, SSL_write(client, "data", 4));
    CALL(server, SSL_read(server, buf, 0));
    CALL(server, SSL_read_ex(server, buf, 0, &n));
    show_pending(server);
    CALL(server, SSL_read(server, buf, 64));
    CHECK(pair_transfer(server, client, "still open", 10));
    close_ends(&ends);
}

/* One write, many reads; many writes, one record at a time. */
static void boundaries(int version)
{
    static unsigned char data[40000], got[40000];
    struct ends ends = open_ends(version, PAIR_BIO);
    SSL *client = ends.client, *server = ends.server;
    size_t total = 0;

    fill_pattern(data, sizeof data, 1);
    CALL(client, SSL_write(client, data, sizeof data));
    for (int i = 0; i < 4; i++) {
        int n = SSL_read(server, got + total, (int)(sizeof got - total));

        SHOW(n);
        show_pending(server);
        total += n > 0 ? (size_t)n : 0;
    }
    CHECK(total == sizeof data && memcmp(data, got, total) == 0);
    SHOW_ERR();
    for (int i = 0; i < 3; i++)
        CALL(client, SSL_write(client, data, 10 + i));
    for (int i = 0; i < 4; i++)
        CALL(server, SSL_read(server, got, sizeof got));
    close_ends(&ends);
}

/* ---- retries ---- */

/* A pair of BIOs with room for less than a record. */
static void join_small(SSL *client, SSL *server, size_t room)
{
    BIO *a = NULL, *b = NULL;

    if (BIO_new_bio_pair(&a, room, &b, room) != 1)
        check_give_up("no BIO pair");
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
}

/* A handshake through any room, including what comes after it. */
static void connect_small(SSL *client, SSL *server)
{
    int done = 0;

    for (int i = 0; i < 100000 && done != 3; i++) {
        if ((done & 1) != 0)
            pair_settle(client);
        else if (SSL_do_handshake(client) == 1)
            done |= 1;
        if ((done & 2) == 0 && SSL_do_handshake(server) == 1)
            done |= 2;
    }
    for (int i = 0; i < 100; i++)
        pair_settle(client);
    if (done != 3)
        check_give_up("handshake through a small BIO pair");
    ERR_clear_error();
}

static struct ends open_small(int version, size_t room)
{
    struct ends ends = { .ctx = contexts_new("ecdsa", version) };

    ends.client = SSL_new(ends.ctx.client);
    ends.server = SSL_new(ends.ctx.server);
    SSL_set_connect_state(ends.client);
    SSL_set_accept_state(ends.server);
    join_small(ends.client, ends.server, room);
    connect_small(ends.client, ends.server);
    return ends;
}

/* Reads whatever has come; the number of bytes. */
static size_t drain(SSL *ssl, uint64_t *sum)
{
    unsigned char buf[1000];
    size_t total = 0, n;

    while (SSL_read_ex(ssl, buf, sizeof buf, &n) == 1) {
        *sum = fingerprint(*sum, buf, n);
        total += n;
    }
    ERR_clear_error();
    return total;
}

static unsigned char retry_data[2000], retry_copy[2000];

/* A write of 1000 bytes waits; it is repeated with other arguments, then as it should be. */
static void retry_with(int version, const char *label, long mode, const void *buf, int len)
{
    struct ends ends = open_small(version, 100);
    SSL *client = ends.client;
    uint64_t sum = 0;
    size_t got = 0;
    int n = -1;

    printf("-- %s, mode %ld\n", label, mode);
    SSL_set_mode(client, mode);
    CALL(client, SSL_write(client, retry_data, 1000));
    CALL(client, SSL_write(client, retry_data, 1000));
    CALL(client, SSL_write(client, buf, len));
    for (int i = 0; i < 1000 && n <= 0; i++) {
        got += drain(ends.server, &sum);
        n = SSL_write(client, retry_data, 1000);
        if (n <= 0 && SSL_get_error(client, n) != SSL_ERROR_WANT_WRITE)
            break;
        ERR_clear_error();
    }
    call_show("the right one", client, n);
    got += drain(ends.server, &sum);
    SHOW(got);
    close_ends(&ends);
}

static void bad_retry(int version)
{
    const long moving = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, partial = SSL_MODE_ENABLE_PARTIAL_WRITE;

    retry_with(version, "the same", 0, retry_data, 1000);
    retry_with(version, "another buffer", 0, retry_copy, 1000);
    retry_with(version, "another buffer", moving, retry_copy, 1000);
    retry_with(version, "another buffer", partial, retry_copy, 1000);
    retry_with(version, "another buffer", partial | moving, retry_copy, 1000);
    retry_with(version, "shorter", 0, retry_data, 999);
    retry_with(version, "shorter", moving, retry_data, 999);
    retry_with(version, "shorter", partial, retry_data, 999);
}

/* More than was given before is allowed; the first part goes out once. */
static void longer_retry(int version)
{
    struct ends ends = open_small(version, 100);
    uint64_t start = 14695981039346656037u, sum = start;
    size_t got = 0;
    int n;

    fill_pattern(retry_data, sizeof retry_data, 4);
    n = SSL_write(ends.client, retry_data, 1000);
    for (int i = 0; i < 1000 && n <= 0 && SSL_get_error(ends.client, n) == SSL_ERROR_WANT_WRITE; i++) {
        got += drain(ends.server, &sum);
        n = SSL_write(ends.client, retry_data, 2000);
    }
    got += drain(ends.server, &sum);
    call_show("SSL_write", ends.client, n);
    CHECK(n > 0 && (size_t)n == got && sum == fingerprint(start, retry_data, got));
    close_ends(&ends);
}

/* A read may go on while a write waits, and the reverse. */
static void both_wait(int version)
{
    static unsigned char data[5000];
    struct ends ends = open_small(version, 300);
    uint64_t sum = 14695981039346656037u, expected = fingerprint(sum, data, sizeof data);
    char buf[16];
    size_t got = 0;
    int n = -1, answered = 0;

    CALL(ends.client, SSL_write(ends.client, data, sizeof data));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.server, SSL_write(ends.server, "reply", 5));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    for (int i = 0; i < 10000 && n != (int)sizeof data; i++) {
        got += drain(ends.server, &sum);
        n = SSL_write(ends.client, data, sizeof data);
        if (SSL_read(ends.client, buf, sizeof buf) > 0)
            answered++;
        ERR_clear_error();
    }
    got += drain(ends.server, &sum);
    SHOW(n);
    SHOW(got);
    SHOW(answered);
    CHECK(sum == expected);
    close_ends(&ends);
}

/* Nothing but whole records counts: a read that stops in the middle of one takes it up again. */
static void inside_record(int version)
{
    struct ends ends = open_small(version, 9);
    unsigned char data[2000], got[2000];
    int wrote = -1, n = -1, waits = 0, readable = 0;

    fill_pattern(data, sizeof data, 3);
    for (int i = 0; i < 10000 && n <= 0; i++) {
        if (wrote <= 0)
            wrote = SSL_write(ends.client, data, sizeof data);
        n = SSL_read(ends.server, got, sizeof got);
        if (n <= 0 && SSL_get_error(ends.server, n) == SSL_ERROR_WANT_READ)
            waits++;
        if (n <= 0 && SSL_pending(ends.server) != 0)
            readable++;
        if (i > 3)
            continue;
        SHOW(SSL_get_error(ends.server, n));
        SHOW(SSL_has_pending(ends.server));
    }
    SHOW(n);
    CHECK(waits > 50);
    CHECK(readable == 0);
    CHECK(n == (int)sizeof data && memcmp(data, got, sizeof data) == 0);
    SHOW_ERR();
    close_ends(&ends);
}

/* ---- modes ---- */

static void auto_retry(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    char buf[16] = "";
    int n = -1, tries = 0;

    SHOW(SSL_CTX_get_mode(ctx.client) & SSL_MODE_AUTO_RETRY);
    for (int clear = 0; clear < 2; clear++) {
        pair_new(&client, &server, ctx.client, ctx.server);
        if (clear)
            SSL_clear_mode(client, SSL_MODE_AUTO_RETRY);
        pair_connect(client, server);
        CALL(server, SSL_write(server, "data", 4));
        /* without the mode each record that holds no data makes a read come back */
        for (tries = 0, n = -1; tries < 10 && n <= 0; tries++)
            n = SSL_read(client, buf, sizeof buf);
        SHOW(n);
        SHOW(tries);
        pair_free(client, server);
    }
    contexts_free(&ctx);
}

/* A callback that fails and leaves its errno, as one does that cannot write the session to a file. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    BIO *text = BIO_new(BIO_s_mem());

    (void)ssl;
    ERR_raise(ERR_LIB_SYS, ENOENT);
    errno = ENOENT;
    SSL_SESSION_print(text, session);
    SHOW(errno == ENOENT);
    BIO_free(text);
    return 0;
}

static void failing_callback(int version)
{
    char buf[16];

    for (int tickets = 1; tickets <= 2; tickets++)
        for (int retry = 0; retry < 2; retry++) {
            struct contexts ctx = contexts_new("ecdsa", version);
            SSL *client, *server;

            printf("-- %d tickets, automatic retry %d\n", tickets, retry);
            SSL_CTX_set_num_tickets(ctx.server, (size_t)tickets);
            SSL_CTX_set_session_cache_mode(ctx.client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
            SSL_CTX_sess_set_new_cb(ctx.client, keep_session);
            if (!retry)
                SSL_CTX_clear_mode(ctx.client, SSL_MODE_AUTO_RETRY);
            pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET);
            pair_connect(client, server);
            for (int i = 0; i < 3; i++) {
                int number;

                errno = 0;
                CALL(client, SSL_read(client, buf, sizeof buf));
                number = errno;
                SHOW(number);
            }
            pair_free(client, server);
            contexts_free(&ctx);
        }
}

static void read_ahead(int version)
{
    struct ends ends = open_ends(version, PAIR_SOCKET);
    char buf[100] = "";

    SHOW(SSL_get_read_ahead(ends.client));
    SSL_set_read_ahead(ends.client, 1);
    SHOW(SSL_get_read_ahead(ends.client));
    for (int i = 0; i < 3; i++)
        CALL(ends.server, SSL_write(ends.server, "record", 6));
    CALL(ends.client, SSL_read(ends.client, buf, 2));
    show_pending(ends.client);
    CALL(ends.client, SSL_read(ends.client, buf, 100));
    show_pending(ends.client);
    CALL(ends.client, SSL_read(ends.client, buf, 100));
    CALL(ends.client, SSL_read(ends.client, buf, 100));
    show_pending(ends.client);
    CALL(ends.client, SSL_read(ends.client, buf, 100));
    close_ends(&ends);
}

/* Without read-ahead the records that were not read stay in the kernel, where select() sees them. */
static void nothing_ahead(int version)
{
    static unsigned char data[10000];
    struct ends ends = open_ends(version, PAIR_SOCKET);
    unsigned char buf[100];
    int before = 0, after = 0;

    for (int i = 0; i < 3; i++)
        CALL(ends.server, SSL_write(ends.server, data, 3000));
    ioctl(SSL_get_fd(ends.client), FIONREAD, &before);
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    ioctl(SSL_get_fd(ends.client), FIONREAD, &after);
    CHECK(before > 9000);
    CHECK(after > 6000);
    SHOW(SSL_pending(ends.client));
    close_ends(&ends);
}

/* The records that a write makes, as a reader of the wire sees them. */
static void show_records(BIO *wire, const char *label)
{
    unsigned char *data = NULL;
    long len = BIO_get_mem_data(wire, &data);

    printf("%s:", label);
    for (long at = 0; at + 5 <= len;) {
        int body = data[at + 3] << 8 | data[at + 4];

        printf(" %d/%02x%02x/%d", data[at], data[at + 1], data[at + 2], body);
        at += 5 + body;
    }
    printf("\n");
    (void)BIO_reset(wire);
}

static void fragments(int version)
{
    static unsigned char data[20000];
    struct ends ends = open_ends(version, PAIR_MEM);
    SSL *client = ends.client;

    (void)BIO_reset(SSL_get_wbio(client));
    CALL(client, SSL_write(client, data, 20000));
    show_records(SSL_get_wbio(client), "default");
    SHOW(SSL_set_max_send_fragment(client, 511));
    SHOW(SSL_set_max_send_fragment(client, 16385));
    SHOW(SSL_set_max_send_fragment(client, 1000));
    CALL(client, SSL_write(client, data, 2500));
    show_records(SSL_get_wbio(client), "fragments of 1000");
    SHOW(SSL_set_max_send_fragment(client, 16384));
    SHOW(SSL_set_split_send_fragment(client, 16385));
    SHOW(SSL_set_split_send_fragment(client, 600));
    CALL(client, SSL_write(client, data, 2500));
    show_records(SSL_get_wbio(client), "split at 600, one pipeline");
    close_ends(&ends);
    SHOW_ERR();
}

static void unopened(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *ssl = SSL_new(ctx.client);
    char buf[4];
    size_t n;

    SECTION("not connected");
    show_pending(ssl);
    CALL(ssl, SSL_read(ssl, buf, 4));
    CALL(ssl, SSL_write(ssl, buf, 4));
    CALL(ssl, SSL_peek(ssl, buf, 4));
    CALL(ssl, SSL_read_ex(ssl, buf, 4, &n));
    CALL(ssl, SSL_write_ex(ssl, buf, 4, &n));
    CALL(ssl, SSL_peek_ex(ssl, buf, 4, &n));
    CALL(ssl, SSL_shutdown(ssl));
    SSL_set_connect_state(ssl);
    CALL(ssl, SSL_read(ssl, buf, 4));
    CALL(ssl, SSL_shutdown(ssl));
    SSL_free(ssl);
    contexts_free(&ctx);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    in_both_versions("plain calls", plain);
    in_both_versions("lengths", lengths);
    in_both_versions("boundaries", boundaries);
    in_both_versions("bad write retry", bad_retry);
    in_both_versions("longer write retry", longer_retry);
    in_both_versions("a read while a write waits", both_wait);
    in_both_versions("inside a record", inside_record);
    in_both_versions("auto retry", auto_retry);
    in_both_versions("a callback that fails", failing_callback);
    in_both_versions("read-ahead", read_ahead);
    in_both_versions("nothing read ahead", nothing_ahead);
    in_both_versions("fragments", fragments);
    unopened();
    return 0;
}
