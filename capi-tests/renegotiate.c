/* Renegotiation, which is refused, and TLS 1.3's key update. */
#include "call.h"

struct ends {
    struct contexts ctx;
    SSL *client, *server;
};

static struct ends open_ends(int version)
{
    struct ends ends = { .ctx = contexts_new("ecdsa", version) };

    pair_new(&ends.client, &ends.server, ends.ctx.client, ends.ctx.server);
    pair_connect(ends.client, ends.server);
    pair_settle(ends.client);
    return ends;
}

static void close_ends(struct ends *ends)
{
    pair_free(ends->client, ends->server);
    contexts_free(&ends->ctx);
}

/* ---- key update ---- */

static void show_types(const struct ends *ends)
{
    printf("key update: client %d, server %d\n", SSL_get_key_update_type(ends->client), SSL_get_key_update_type(ends->server));
}

static void key_update(void)
{
    struct ends ends = open_ends(TLS1_3_VERSION);
    char buf[64];

    SECTION("key update");
    show_types(&ends);
    SHOW(SSL_key_update(ends.client, 5));
    SHOW_ERR();
    SHOW(SSL_key_update(ends.client, SSL_KEY_UPDATE_NONE));
    SHOW_ERR();
    SHOW(SSL_key_update(ends.client, SSL_KEY_UPDATE_NOT_REQUESTED));
    show_types(&ends);
    CHECK(pair_transfer(ends.client, ends.server, "after an update", 15));
    CHECK(pair_transfer(ends.server, ends.client, "and back", 8));
    show_types(&ends);
    SHOW(SSL_key_update(ends.client, SSL_KEY_UPDATE_REQUESTED));
    show_types(&ends);
    CALL(ends.client, SSL_do_handshake(ends.client));
    show_types(&ends);
    CALL(ends.server, SSL_read(ends.server, buf, sizeof buf));
    CHECK(pair_transfer(ends.server, ends.client, "answered", 8));
    CHECK(pair_transfer(ends.client, ends.server, "question", 8));
    show_types(&ends);
    printf("-- many, both ways\n");
    for (int i = 0; i < 20; i++) {
        if (SSL_key_update(i % 2 ? ends.client : ends.server, i % 3 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
            SHOW_ERR();
        if (!pair_transfer(ends.client, ends.server, "ping", 4) || !pair_transfer(ends.server, ends.client, "pong", 4))
            printf("lost at %d\n", i);
    }
    CHECK(pair_transfer(ends.client, ends.server, "still there", 11));
    close_ends(&ends);
}

static void key_update_refused(void)
{
    struct ends ends = open_ends(TLS1_2_VERSION);
    SSL *ssl;

    SECTION("key update where there is none");
    SHOW(SSL_key_update(ends.client, SSL_KEY_UPDATE_REQUESTED));
    SHOW_ERR();
    CHECK(pair_transfer(ends.client, ends.server, "unharmed", 8));
    close_ends(&ends);
    ends.ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    ssl = SSL_new(ends.ctx.client);
    SSL_set_connect_state(ssl);
    SHOW(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED));
    SHOW_ERR();
    SSL_free(ssl);
    contexts_free(&ends.ctx);
}

/* The other library follows, and its own updates are followed. */
static void follow(int fd, const char *arg)
{
    SSL_CTX *ctx = new_server_ctx("ecdsa");
    SSL *ssl = SSL_new(ctx);
    char buf[64];
    int n, count = 0;

    (void)arg;
    SSL_set_fd(ssl, fd);
    CALL(ssl, SSL_accept(ssl));
    while ((n = SSL_read(ssl, buf, sizeof buf)) > 0) {
        if (++count % 3 == 0)
            SSL_key_update(ssl, count % 2 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        if (SSL_write(ssl, buf, n) != n)
            break;
    }
    printf("%d messages, ended with %s\n", count, call_error_name(SSL_get_error(ssl, n)));
    SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void key_update_across(void)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    struct remote peer;
    char buf[64];
    int good = 0;
    SSL *ssl;

    SECTION("key update with the other library");
    remote_start(&peer, "follow", NULL);
    ssl = SSL_new(ctx.client);
    SSL_set_fd(ssl, peer.fd);
    CALL(ssl, SSL_connect(ssl));
    for (int i = 0; i < 30; i++) {
        if (i % 4 == 0)
            SSL_key_update(ssl, i % 8 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        if (SSL_write(ssl, "message", 7) == 7 && SSL_read(ssl, buf, sizeof buf) == 7 && memcmp(buf, "message", 7) == 0)
            good++;
    }
    SHOW(good);
    CALL(ssl, SSL_shutdown(ssl));
    SSL_free(ssl);
    remote_finish(&peer);
    contexts_free(&ctx);
}

/* ---- renegotiation ---- */

/* In TLS 1.3 there is none, in either library. */
static void not_in_13(void)
{
    struct ends ends = open_ends(TLS1_3_VERSION);

    SECTION("renegotiation in TLS 1.3");
    SHOW(SSL_renegotiate(ends.client));
    SHOW_ERR();
    SHOW(SSL_renegotiate_abbreviated(ends.client));
    SHOW_ERR();
    SHOW(SSL_renegotiate(ends.server));
    SHOW_ERR();
    SHOW(SSL_renegotiate_pending(ends.client));
    SHOW(SSL_num_renegotiations(ends.client));
    SHOW(SSL_total_renegotiations(ends.client));
    SHOW(SSL_clear_num_renegotiations(ends.client));
    CHECK(pair_transfer(ends.client, ends.server, "unharmed", 8));
    close_ends(&ends);
}

/* With SSL_OP_NO_RENEGOTIATION the reference refuses as we always do. */
static void not_in_12(void)
{
    struct ends ends = open_ends(TLS1_2_VERSION);

    SECTION("renegotiation in TLS 1.2");
    SSL_set_options(ends.client, SSL_OP_NO_RENEGOTIATION);
    SSL_set_options(ends.server, SSL_OP_NO_RENEGOTIATION);
    SHOW(SSL_renegotiate(ends.client));
    SHOW_ERR();
    SHOW(SSL_renegotiate(ends.server));
    SHOW_ERR();
    SHOW(SSL_renegotiate_abbreviated(ends.client));
    SHOW_ERR();
    SHOW(SSL_renegotiate_pending(ends.client));
    SHOW(SSL_num_renegotiations(ends.client));
    SHOW(SSL_get_secure_renegotiation_support(ends.client));
    SHOW(SSL_get_secure_renegotiation_support(ends.server));
    CHECK(pair_transfer(ends.client, ends.server, "unharmed", 8));
    CHECK(pair_transfer(ends.server, ends.client, "unharmed", 8));
    close_ends(&ends);
}

/*
 * A peer that asks for one gets the warning no_renegotiation. A server lives with that and goes on, OpenSSL's client gives
 * up with an alert. Ours as the peer does not ask at all, so it always goes on.
 */
static void ask(int fd, const char *arg)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_2_VERSION);
    SSL *ssl = SSL_new(strcmp(arg, "server") == 0 ? ctx.server : ctx.client);
    char buf[16];

    SSL_set_fd(ssl, fd);
    if ((strcmp(arg, "server") == 0 ? SSL_accept(ssl) : SSL_connect(ssl)) == 1 && SSL_read(ssl, buf, sizeof buf) == 5) {
        SSL_renegotiate(ssl);
        SSL_do_handshake(ssl);
        ERR_clear_error();
    }
    SSL_write(ssl, "asked", 5);
    shutdown(fd, SHUT_WR);
    remote_drain(fd);
    SSL_free(ssl);
    contexts_free(&ctx);
}

static void asked_by_peer(void)
{
    for (int is_server = 0; is_server < 2; is_server++) {
        struct contexts ctx = contexts_new("ecdsa", TLS1_2_VERSION);
        SSL *ssl = SSL_new(is_server ? ctx.server : ctx.client);
        struct remote peer;
        char buf[16];
        int n;

        SECTION(is_server ? "a client asks for a renegotiation" : "a server asks for a renegotiation");
        SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
        remote_start(&peer, "ask", is_server ? "client" : "server");
        SSL_set_fd(ssl, peer.fd);
        CALL_AS("handshake", ssl, is_server ? SSL_accept(ssl) : SSL_connect(ssl));
        CALL(ssl, SSL_write(ssl, "begin", 5));
        n = SSL_read(ssl, buf, sizeof buf);
        CHECK(n == 5 || (is_server && ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE));
        ERR_clear_error();
        SSL_free(ssl);
        remote_finish(&peer);
        contexts_free(&ctx);
    }
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "follow", follow }, { "ask", ask }, { NULL, NULL } };

    signal(SIGPIPE, SIG_IGN);
    remote_main(argc, argv, roles);
    key_update();
    key_update_refused();
    key_update_across();
    not_in_13();
    not_in_12();
    asked_by_peer();
    return 0;
}
