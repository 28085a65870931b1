/* SSL_connect, SSL_accept, SSL_do_handshake: over every kind of BIO, by halves, repeated, in the wrong role, after failure. */
#include "call.h"

#include <pthread.h>

static const char *kind_name(enum pair_kind kind)
{
    static const char *const names[] = { "BIO pair", "memory BIOs", "non-blocking sockets", "blocking sockets" };

    return names[kind];
}

static void show_state(const char *label, SSL *ssl)
{
    printf("%s: \"%s\" / \"%s\" finished=%d in_init=%d before=%d in_connect=%d in_accept=%d server=%d version=%s\n", label,
           SSL_state_string(ssl), SSL_state_string_long(ssl), SSL_is_init_finished(ssl), SSL_in_init(ssl),
           SSL_in_before(ssl), SSL_in_connect_init(ssl) != 0, SSL_in_accept_init(ssl) != 0, SSL_is_server(ssl), SSL_get_version(ssl));
}

/* One call at a time, so that what each call answers is seen. */
static void stepwise(int version)
{
    for (enum pair_kind kind = PAIR_BIO; kind <= PAIR_SOCKET; kind++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL *client, *server;

        printf("-- %s\n", kind_name(kind));
        pair_new_over(&client, &server, ctx.client, ctx.server, kind);
        show_state("client", client);
        show_state("server", server);
        CALL(server, SSL_do_handshake(server));
        CALL(client, SSL_do_handshake(client));
        CALL(client, SSL_do_handshake(client));
        CALL(server, SSL_do_handshake(server));
        CALL(client, SSL_do_handshake(client));
        CALL(server, SSL_do_handshake(server));
        CALL(client, SSL_do_handshake(client));
        show_state("client", client);
        show_state("server", server);
        CHECK(pair_transfer(client, server, "from the client", 15));
        CHECK(pair_transfer(server, client, "from the server", 15));
        CALL(client, SSL_do_handshake(client));
        CALL(server, SSL_accept(server));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* SSL_connect and SSL_accept set the role themselves. */
static void role_by_call(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);

    pair_join(client, server, PAIR_BIO);
    show_state("client", client);
    CALL(client, SSL_connect(client));
    show_state("client", client);
    CALL(server, SSL_accept(server));
    CALL(client, SSL_connect(client));
    CALL(server, SSL_accept(server));
    CALL(client, SSL_connect(client));
    show_state("client", client);
    show_state("server", server);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Reading and writing do what is left of the handshake. */
static void implicit(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    char buf[32] = "";

    pair_new(&client, &server, ctx.client, ctx.server);
    CALL(client, SSL_write(client, "hello", 5));
    CALL(server, SSL_read(server, buf, sizeof buf));
    CALL(client, SSL_write(client, "hello", 5));
    CALL(server, SSL_read(server, buf, sizeof buf));
    CALL(client, SSL_write(client, "hello", 5));
    CALL(server, SSL_read(server, buf, sizeof buf));
    SHOW_STR(buf);
    CALL(server, SSL_write(server, "world", 5));
    CALL(client, SSL_peek(client, buf, sizeof buf));
    CALL(client, SSL_read(client, buf, sizeof buf));
    SHOW_STR(buf);
    pair_free(client, server);

    printf("-- the client reads first, with SSL_peek\n");
    pair_new(&client, &server, ctx.client, ctx.server);
    CALL(client, SSL_peek(client, buf, sizeof buf));
    CALL(server, SSL_write(server, "early", 5));
    CALL(client, SSL_peek(client, buf, sizeof buf));
    CALL(server, SSL_write(server, "early", 5));
    CALL(client, SSL_read(client, buf, sizeof buf));
    pair_free(client, server);
    contexts_free(&ctx);
}

static void no_role(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *ssl = SSL_new(ctx.client), *other = SSL_new(ctx.server);
    SSL_CTX *both = SSL_CTX_new(TLS_method());
    char buf[8];

    SECTION("no role set");
    pair_join(ssl, other, PAIR_BIO);
    show_state("client", ssl);
    show_state("server", other);
    pair_free(ssl, other);

    ssl = SSL_new(both);
    other = SSL_new(both);
    pair_join(ssl, other, PAIR_BIO);
    show_state("neither", ssl);
    CALL(ssl, SSL_do_handshake(ssl));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    CALL(ssl, SSL_write(ssl, "x", 1));
    CALL(ssl, SSL_peek(ssl, buf, sizeof buf));
    CALL(ssl, SSL_shutdown(ssl));
    show_state("neither", ssl);
    pair_free(ssl, other);

    SECTION("methods of one side: SSL_new sets the role");
    ssl = SSL_new(ctx.client);
    other = SSL_new(ctx.server);
    pair_join(ssl, other, PAIR_BIO);
    CALL(ssl, SSL_do_handshake(ssl));
    CALL(other, SSL_do_handshake(other));
    CALL(ssl, SSL_do_handshake(ssl));
    CALL(other, SSL_do_handshake(other));
    pair_free(ssl, other);
    SSL_CTX_free(both);
    contexts_free(&ctx);
}

static void wrong_role(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);

    SECTION("the other side's method");
    pair_join(client, server, PAIR_BIO);
    CALL(client, SSL_accept(client));
    CALL(server, SSL_connect(server));
    show_state("client", client);
    show_state("server", server);
    pair_free(client, server);

    SECTION("two clients");
    client = SSL_new(ctx.client);
    server = SSL_new(ctx.client);
    pair_join(client, server, PAIR_BIO);
    CALL(client, SSL_connect(client));
    CALL(server, SSL_connect(server));
    CALL(client, SSL_connect(client));
    CALL(server, SSL_connect(server));
    pair_free(client, server);

    SECTION("two servers");
    client = SSL_new(ctx.server);
    server = SSL_new(ctx.server);
    pair_join(client, server, PAIR_BIO);
    CALL(client, SSL_accept(client));
    CALL(server, SSL_accept(server));
    pair_free(client, server);

    SECTION("no BIO");
    client = SSL_new(ctx.client);
    CALL(client, SSL_connect(client));
    SSL_set_connect_state(client);
    CALL(client, SSL_do_handshake(client));
    SHOW(SSL_get_fd(client));
    SSL_free(client);
    contexts_free(&ctx);
}

/* A role may be changed as long as nothing has happened. */
static void role_changes(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL_CTX *both = SSL_CTX_new(TLS_method());
    SSL *client = SSL_new(both), *server = SSL_new(ctx.server);
    struct pair_result result;

    SECTION("accept state, then connect state");
    pair_join(client, server, PAIR_BIO);
    SSL_set_accept_state(client);
    SHOW(SSL_is_server(client));
    SSL_set_connect_state(client);
    SHOW(SSL_is_server(client));
    result = pair_handshake(client, server);
    pair_show("handshake", &result);

    SECTION("connect state set again on an open connection");
    SSL_set_connect_state(client);
    show_state("client", client);
    pair_free(client, server);
    SSL_CTX_free(both);
    contexts_free(&ctx);
}

/* ---- after failure ---- */

static void after_failure(int version)
{
    struct contexts ctx = contexts_new("expired", version);
    SSL *client, *server;
    struct pair_result result;
    char buf[8];

    pair_new(&client, &server, ctx.client, ctx.server);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    show_state("client", client);
    show_state("server", server);
    for (int i = 0; i < 2; i++) {
        CALL(client, SSL_do_handshake(client));
        CALL(client, SSL_read(client, buf, sizeof buf));
        CALL(client, SSL_write(client, "x", 1));
        CALL(client, SSL_peek(client, buf, sizeof buf));
        CALL(client, SSL_shutdown(client));
        CALL(server, SSL_do_handshake(server));
        CALL(server, SSL_read(server, buf, sizeof buf));
        CALL(server, SSL_write(server, "x", 1));
        CALL(server, SSL_shutdown(server));
    }
    SHOW(SSL_get_shutdown(client));
    SHOW(SSL_get_shutdown(server));
    SHOW(SSL_get_verify_result(client));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* The peer has gone before, in the middle of, and after the handshake. */
static void peer_gone(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    char buf[8];

    for (int calls = 0; calls < 3; calls++) {
        printf("-- after %d calls of the server\n", calls);
        pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET);
        CALL(client, SSL_connect(client));
        for (int i = 0; i < calls; i++) {
            CALL(server, SSL_accept(server));
            CALL(client, SSL_connect(client));
        }
        /* what the client sent is read first: a socket closed with unread data is a reset */
        while (recv(SSL_get_fd(server), buf, sizeof buf, 0) > 0)
            continue;
        SSL_free(server);
        CALL(client, SSL_connect(client));
        CALL(client, SSL_read(client, buf, sizeof buf));
        CALL(client, SSL_read(client, buf, sizeof buf));
        SHOW(SSL_get_shutdown(client));
        SSL_free(client);
    }
    contexts_free(&ctx);
}

/* ---- blocking, the server in a thread ---- */

static void *serve(void *arg)
{
    SSL *server = arg;
    char buf[64];
    int n;

    if (SSL_accept(server) != 1)
        return "accept";
    while ((n = SSL_read(server, buf, sizeof buf)) > 0)
        if (SSL_write(server, buf, n) != n)
            return "write";
    if (SSL_get_error(server, n) != SSL_ERROR_ZERO_RETURN)
        return "read";
    return SSL_shutdown(server) == 1 ? NULL : "shutdown";
}

static void blocking(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    pthread_t thread;
    void *failed = NULL;
    char buf[64] = "";

    pair_new_over(&client, &server, ctx.client, ctx.server, PAIR_SOCKET_BLOCKING);
    if (pthread_create(&thread, NULL, serve, server) != 0)
        check_give_up("pthread_create");
    CALL(client, SSL_connect(client));
    CALL(client, SSL_write(client, "echo", 4));
    CALL(client, SSL_read(client, buf, sizeof buf));
    SHOW_STR(buf);
    CALL(client, SSL_shutdown(client));
    CALL(client, SSL_shutdown(client));
    CALL(client, SSL_read(client, buf, sizeof buf));
    pthread_join(thread, &failed);
    SHOW_STR(failed);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- room: a BIO that takes a few bytes at a time ---- */

static void small_room(int version)
{
    struct contexts ctx = contexts_new("ecdsa-chain", version);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);
    BIO *a = NULL, *b = NULL;
    int client_ret = -1, server_ret = -1, reads = 0, writes = 0, others = 0;

    if (BIO_new_bio_pair(&a, 7, &b, 11) != 1)
        check_give_up("no BIO pair");
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    for (int i = 0; i < 100000 && (client_ret != 1 || server_ret != 1); i++) {
        SSL *ssl = i % 2 == 0 ? client : server;
        int *ret = i % 2 == 0 ? &client_ret : &server_ret;
        int error;

        if (*ret == 1) {
            /* takes what the other side still has to get rid of (tickets) */
            pair_settle(ssl);
            continue;
        }
        *ret = i % 2 == 0 ? SSL_connect(ssl) : SSL_accept(ssl);
        error = SSL_get_error(ssl, *ret);
        if (error == SSL_ERROR_WANT_READ)
            reads++;
        else if (error == SSL_ERROR_WANT_WRITE)
            writes++;
        else if (error != SSL_ERROR_NONE)
            others++;
    }
    SHOW(client_ret);
    SHOW(server_ret);
    CHECK(reads > 100);
    CHECK(writes > 100);
    CHECK(others == 0);
    SHOW_ERR();
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- SSL_clear, SSL_dup ---- */

static void clear_and_reuse(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    struct pair_result result;

    pair_new(&client, &server, ctx.client, ctx.server);
    for (int i = 0; i < 3; i++) {
        result = pair_handshake(client, server);
        pair_show("handshake", &result);
        CHECK(pair_transfer(client, server, "abc", 3));
        CALL(client, SSL_shutdown(client));
        CALL(server, SSL_shutdown(server));
        CALL(server, SSL_shutdown(server));
        CALL(client, SSL_shutdown(client));
        SHOW(SSL_clear(client));
        SHOW(SSL_clear(server));
        SHOW_ERR();
        show_state("client", client);
        show_state("server", server);
        SHOW(SSL_get_shutdown(client));
        /* a new stream of bytes: nothing of the old one may be left */
        pair_join(client, server, PAIR_BIO);
    }
    pair_free(client, server);
    contexts_free(&ctx);
}

/* SSL_get_state's own numbers, where a program may know them. */
static void states(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *client, *server;

    SECTION("SSL_get_state");
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_get_state(client) == TLS_ST_BEFORE);
    pair_connect(client, server);
    SHOW(SSL_get_state(client) == TLS_ST_OK);
    SHOW(SSL_get_state(server) == TLS_ST_OK);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    in_both_versions("stepwise", stepwise);
    in_both_versions("role by call", role_by_call);
    in_both_versions("implicit", implicit);
    no_role();
    wrong_role();
    role_changes();
    in_both_versions("after failure", after_failure);
    in_both_versions("peer gone", peer_gone);
    in_both_versions("blocking", blocking);
    in_both_versions("small room", small_room);
    in_both_versions("SSL_clear and reuse", clear_and_reuse);
    states();
    return 0;
}
