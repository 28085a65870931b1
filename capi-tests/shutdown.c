/* SSL_shutdown in all orders, quiet shutdown, and what reading and writing answer afterwards. */
#include "call.h"

struct ends {
    struct contexts ctx;
    SSL *client, *server;
};

static char buf[100];

static struct ends open_over(int version, enum pair_kind kind)
{
    struct ends ends = { .ctx = contexts_new("ecdsa", version) };

    pair_new_over(&ends.client, &ends.server, ends.ctx.client, ends.ctx.server, kind);
    pair_connect(ends.client, ends.server);
    pair_settle(ends.client);
    return ends;
}

static struct ends open_ends(int version)
{
    return open_over(version, PAIR_BIO);
}

static void close_ends(struct ends *ends)
{
    pair_free(ends->client, ends->server);
    contexts_free(&ends->ctx);
}

static void show_flags(const struct ends *ends)
{
    printf("shutdown flags: client %d, server %d; states \"%s\", \"%s\"\n", SSL_get_shutdown(ends->client), SSL_get_shutdown(ends->server),
           SSL_state_string_long(ends->client), SSL_state_string_long(ends->server));
}

static void one_after_the_other(int version)
{
    struct ends ends = open_ends(version);

    show_flags(&ends);
    CALL(ends.client, SSL_shutdown(ends.client));
    show_flags(&ends);
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    show_flags(&ends);
    CALL(ends.server, SSL_shutdown(ends.server));
    show_flags(&ends);
    CALL(ends.client, SSL_shutdown(ends.client));
    show_flags(&ends);
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.server, SSL_shutdown(ends.server));
    close_ends(&ends);
}

static void both_at_once(int version)
{
    struct ends ends = open_ends(version);

    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.server, SSL_shutdown(ends.server));
    show_flags(&ends);
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.server, SSL_shutdown(ends.server));
    show_flags(&ends);
    close_ends(&ends);
}

/* Reading instead of a second SSL_shutdown. */
static void by_reading(int version)
{
    struct ends ends = open_ends(version);

    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.server, SSL_write(ends.server, "last words", 10));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.server, SSL_shutdown(ends.server));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    show_flags(&ends);
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    show_flags(&ends);
    close_ends(&ends);
}

/* Data that is still on its way when the second SSL_shutdown looks for the peer's close_notify. */
static void data_in_the_way(int version)
{
    struct ends ends = open_ends(version);

    CALL(ends.server, SSL_write(ends.server, "unread", 6));
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.client, SSL_shutdown(ends.client));
    SHOW(SSL_pending(ends.client));
    SHOW(SSL_has_pending(ends.client));
    CALL(ends.client, SSL_shutdown(ends.client));
    show_flags(&ends);
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.server, SSL_shutdown(ends.server));
    CALL(ends.client, SSL_shutdown(ends.client));
    show_flags(&ends);
    close_ends(&ends);

    printf("-- data in the library already\n");
    ends = open_ends(version);
    CALL(ends.server, SSL_write(ends.server, "unread", 6));
    CALL(ends.client, SSL_peek(ends.client, buf, 1));
    CALL(ends.client, SSL_shutdown(ends.client));
    SHOW(SSL_pending(ends.client));
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    close_ends(&ends);
}

/* A client that keeps asking gets the same answer each time. */
static void reading_again(int version)
{
    struct ends ends = open_ends(version);
    size_t n = 5;

    CALL(ends.server, SSL_write(ends.server, "data", 4));
    CALL(ends.server, SSL_shutdown(ends.server));
    CALL(ends.client, SSL_read(ends.client, buf, 2));
    show_flags(&ends);
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    for (int i = 0; i < 3; i++) {
        CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
        CALL(ends.client, SSL_read_ex(ends.client, buf, sizeof buf, &n));
        SHOW(n);
        CALL(ends.client, SSL_peek(ends.client, buf, sizeof buf));
        SHOW(SSL_pending(ends.client));
        SHOW(SSL_has_pending(ends.client));
        show_flags(&ends);
    }
    close_ends(&ends);
}

static void writing_after(int version)
{
    struct ends ends = open_ends(version);
    size_t n;

    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.client, SSL_write(ends.client, "late", 4));
    CALL(ends.client, SSL_write_ex(ends.client, "late", 4, &n));
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    printf("-- the other side may still write\n");
    CALL(ends.server, SSL_write(ends.server, "answer", 6));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.server, SSL_shutdown(ends.server));
    CALL(ends.server, SSL_write(ends.server, "late", 4));
    CALL(ends.client, SSL_do_handshake(ends.client));
    close_ends(&ends);
}

/*
 * What follows a close_notify on the wire is never delivered. A server that sends on can be had from the reference: it
 * forgets that its alert went out when SSL_set_shutdown says so.
 */
static void send_on(int fd, const char *arg)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *server = SSL_new(ctx.server);

    (void)arg;
    SSL_set_fd(server, fd);
    CHECK(SSL_accept(server) == 1);
    CHECK(SSL_write(server, "before", 6) == 6);
    SSL_shutdown(server);
    SSL_set_shutdown(server, 0);
    /* ours may refuse this one */
    SSL_write(server, "after", 5);
    ERR_clear_error();
    shutdown(fd, SHUT_WR);
    remote_drain(fd);
    SSL_free(server);
    contexts_free(&ctx);
}

static void data_after(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client = SSL_new(ctx.client);
    struct remote peer;

    remote_start(&peer, "send_on", NULL);
    SSL_set_fd(client, peer.fd);
    CALL(client, SSL_connect(client));
    CALL(client, SSL_read(client, buf, sizeof buf));
    for (int i = 0; i < 3; i++)
        CALL(client, SSL_read(client, buf, sizeof buf));
    CALL(client, SSL_shutdown(client));
    SSL_free(client);
    remote_finish(&peer);
    contexts_free(&ctx);
}

static void quiet(int version)
{
    struct ends ends = open_ends(version);

    SHOW(SSL_CTX_get_quiet_shutdown(ends.ctx.client));
    SHOW(SSL_get_quiet_shutdown(ends.client));
    SSL_set_quiet_shutdown(ends.client, 1);
    SHOW(SSL_get_quiet_shutdown(ends.client));
    CALL(ends.client, SSL_shutdown(ends.client));
    show_flags(&ends);
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.client, SSL_write(ends.client, "x", 1));
    CALL(ends.client, SSL_shutdown(ends.client));
    close_ends(&ends);

    printf("-- set on the context\n");
    ends.ctx = contexts_new("ecdsa", version);
    SSL_CTX_set_quiet_shutdown(ends.ctx.server, 1);
    pair_new(&ends.client, &ends.server, ends.ctx.client, ends.ctx.server);
    SHOW(SSL_get_quiet_shutdown(ends.server));
    SSL_CTX_set_quiet_shutdown(ends.ctx.server, 0);
    SHOW(SSL_get_quiet_shutdown(ends.server));
    pair_connect(ends.client, ends.server);
    pair_settle(ends.client);
    CALL(ends.server, SSL_shutdown(ends.server));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    close_ends(&ends);
}

static void set_by_hand(int version)
{
    for (int flags = 0; flags <= 3; flags++) {
        struct ends ends = open_ends(version);

        printf("-- flags %d\n", flags);
        SSL_set_shutdown(ends.client, flags);
        SHOW(SSL_get_shutdown(ends.client));
        CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
        CALL(ends.client, SSL_write(ends.client, "x", 1));
        CALL(ends.client, SSL_shutdown(ends.client));
        show_flags(&ends);
        CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
        CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
        close_ends(&ends);
    }
}

static void in_handshake(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    CALL(client, SSL_shutdown(client));
    CALL(client, SSL_do_handshake(client));
    CALL(client, SSL_shutdown(client));
    SHOW(SSL_get_shutdown(client));
    CALL(server, SSL_do_handshake(server));
    CALL(server, SSL_shutdown(server));
    SSL_set_quiet_shutdown(client, 1);
    CALL(client, SSL_shutdown(client));
    SHOW(SSL_get_shutdown(client));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Each end of the stream without a close_notify. */
static void end_of_stream(int version)
{
    struct ends ends = open_over(version, PAIR_SOCKET);

    CALL(ends.server, SSL_write(ends.server, "data", 4));
    SSL_set_quiet_shutdown(ends.server, 1);
    SSL_free(ends.server);
    ends.server = NULL;
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    SHOW(SSL_get_shutdown(ends.client));
    CALL(ends.client, SSL_shutdown(ends.client));
    close_ends(&ends);

    printf("-- SSL_OP_IGNORE_UNEXPECTED_EOF\n");
    ends = open_over(version, PAIR_SOCKET);
    SSL_set_options(ends.client, SSL_OP_IGNORE_UNEXPECTED_EOF);
    CALL(ends.server, SSL_write(ends.server, "data", 4));
    SSL_free(ends.server);
    ends.server = NULL;
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    SHOW(SSL_get_shutdown(ends.client));
    close_ends(&ends);

    printf("-- in the second SSL_shutdown\n");
    ends = open_over(version, PAIR_SOCKET);
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    SSL_free(ends.server);
    ends.server = NULL;
    CALL(ends.client, SSL_shutdown(ends.client));
    CALL(ends.client, SSL_shutdown(ends.client));
    SHOW(SSL_get_shutdown(ends.client));
    close_ends(&ends);
}

/* A client that sends its request and goes before the server has finished the handshake. */
static void gone_early(int version)
{
    struct ends ends = { .ctx = contexts_new("ecdsa", version) };
    int round;

    pair_new_over(&ends.client, &ends.server, ends.ctx.client, ends.ctx.server, PAIR_SOCKET);
    for (round = 0; round < 4 && SSL_do_handshake(ends.client) != 1; round++)
        if (SSL_do_handshake(ends.server) == 1)
            break;
    ERR_clear_error();
    SHOW(round);
    SSL_write(ends.client, "request", 7);
    SSL_free(ends.client);
    ends.client = NULL;
    CALL(ends.server, SSL_do_handshake(ends.server));
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    CALL(ends.server, SSL_write(ends.server, "answer", 6));
    CALL(ends.server, SSL_shutdown(ends.server));
    close_ends(&ends);
}

/* The alert of a client that is not answered: its record is of the version that the hello's is of. */
static void unanswered(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client = SSL_new(ctx.client);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    unsigned char *data = NULL;
    long len;

    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(client, in, out);
    CALL(client, SSL_connect(client));
    BIO_get_mem_data(out, &data);
    SHOW_HEX("the hello's record", data, 3);
    (void)BIO_reset(out);
    BIO_set_mem_eof_return(in, 0);
    CALL(client, SSL_connect(client));
    len = BIO_get_mem_data(out, &data);
    SHOW_HEX("alert", data, (size_t)len);
    CALL(client, SSL_shutdown(client));
    SSL_free(client);
    contexts_free(&ctx);
}

/* A peek at the end leaves what an earlier call waits for; a read does not. */
static void peek_at_end(int version)
{
    struct ends ends = open_ends(version);

    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    SSL_set_shutdown(ends.client, SSL_RECEIVED_SHUTDOWN);
    CALL(ends.client, SSL_peek(ends.client, buf, sizeof buf));
    SHOW(SSL_want(ends.client));
    CALL(ends.client, SSL_read(ends.client, buf, sizeof buf));
    SHOW(SSL_want(ends.client));
    close_ends(&ends);
}

/* The alert does not fit: SSL_shutdown has to be called again. */
static void no_room(int version)
{
    static unsigned char data[3000];
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    BIO *rest, *a = NULL, *b = NULL;

    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    pair_settle(client);
    if (BIO_new_bio_pair(&a, 10, &b, 5000) != 1)
        check_give_up("no BIO pair");
    SSL_set0_wbio(client, a);
    CALL(client, SSL_shutdown(client));
    SHOW(SSL_get_shutdown(client));
    CALL(client, SSL_shutdown(client));
    rest = b;
    for (int i = 0; i < 5; i++) {
        int n = BIO_read(rest, data, sizeof data);

        CHECK(n > 0);
        CALL(client, SSL_shutdown(client));
        if (BIO_ctrl_pending(rest) == 0)
            break;
    }
    BIO_free(rest);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "send_on", send_on }, { NULL, NULL } };

    signal(SIGPIPE, SIG_IGN);
    remote_main(argc, argv, roles);
    in_both_versions("one after the other", one_after_the_other);
    in_both_versions("both at once", both_at_once);
    in_both_versions("by reading", by_reading);
    in_both_versions("data in the way", data_in_the_way);
    in_both_versions("reading again and again", reading_again);
    in_both_versions("writing after", writing_after);
    in_both_versions("data after the close_notify", data_after);
    in_both_versions("quiet shutdown", quiet);
    in_both_versions("SSL_set_shutdown", set_by_hand);
    in_both_versions("in the handshake", in_handshake);
    in_both_versions("end of stream", end_of_stream);
    in_both_versions("gone early", gone_early);
    in_both_versions("unanswered", unanswered);
    in_both_versions("peek at the end", peek_at_end);
    in_both_versions("no room for the alert", no_room);
    return 0;
}
