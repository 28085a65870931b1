/* A connection as a BIO: BIO_f_ssl, its constructors and ctrls. */
#include "call.h"

#include <pthread.h>

static void show_bio(const char *label, BIO *bio, int ret)
{
    unsigned long code;

    printf("%s = %d, retry %d read %d write %d special %d reason %d\n", label, ret, BIO_should_retry(bio) != 0, BIO_should_read(bio) != 0, BIO_should_write(bio) != 0,
           BIO_should_io_special(bio) != 0, BIO_should_retry(bio) ? BIO_get_retry_reason(bio) : 0);
    while ((code = ERR_get_error()) != 0)
        check_print_err("  err", code, NULL);
}

#define BIO_CALL(bio, expr)                 \
    do {                                    \
        int bio_ret;                        \
                                            \
        ERR_clear_error();                  \
        bio_ret = (int)(expr);              \
        show_bio(#expr, (bio), bio_ret);    \
    } while (0)

/* ---- the method and an empty BIO ---- */

static void empty(void)
{
    SSL_CTX *ctx = new_client_ctx();
    BIO *bio = BIO_new(BIO_f_ssl());
    SSL *ssl = NULL, *got = NULL;
    char buf[8];

    SECTION("empty");
    SHOW_STR(BIO_method_name(bio));
    SHOW(BIO_method_type(bio) == BIO_TYPE_SSL);
    SHOW(BIO_get_init(bio));
    SHOW(BIO_get_shutdown(bio));
    SHOW(BIO_read(bio, buf, 4));
    SHOW_ERR();
    SHOW(BIO_write(bio, buf, 4));
    SHOW_ERR();
    SHOW(BIO_get_ssl(bio, &got));
    SHOW_PTR(got);
    SHOW(BIO_do_handshake(bio));
    SHOW_ERR();
    printf("-- a connection is put in\n");
    ssl = SSL_new(ctx);
    SHOW(BIO_set_ssl(bio, ssl, BIO_CLOSE));
    SHOW(BIO_get_init(bio));
    SHOW(BIO_get_shutdown(bio));
    SHOW(BIO_get_ssl(bio, &got));
    CHECK(got == ssl);
    SHOW(BIO_set_ssl_mode(bio, 1));
    SHOW(SSL_is_server(ssl));
    SHOW(SSL_in_connect_init(ssl) != 0);
    SHOW(BIO_set_ssl_mode(bio, 0));
    SHOW(SSL_in_accept_init(ssl) != 0);
    SHOW(BIO_pending(bio));
    SHOW(BIO_wpending(bio));
    SHOW(BIO_free(bio));

    printf("-- not closed with the BIO\n");
    bio = BIO_new(BIO_f_ssl());
    ssl = SSL_new(ctx);
    SHOW(BIO_set_ssl(bio, ssl, BIO_NOCLOSE));
    SHOW(BIO_free(bio));
    SHOW_STR(SSL_state_string_long(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void constructors(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = NULL;
    BIO *bio;

    SECTION("constructors");
    bio = BIO_new_ssl(ctx, 1);
    SHOW(BIO_get_ssl(bio, &ssl));
    SHOW(SSL_is_server(ssl));
    SHOW_PTR(BIO_next(bio));
    BIO_free_all(bio);
    bio = BIO_new_ssl(ctx, 0);
    SHOW(BIO_get_ssl(bio, &ssl));
    SHOW(SSL_is_server(ssl));
    BIO_free_all(bio);
    bio = BIO_new_ssl_connect(ctx);
    SHOW(BIO_method_type(bio) == BIO_TYPE_SSL);
    SHOW(BIO_method_type(BIO_next(bio)) == BIO_TYPE_CONNECT);
    SHOW(BIO_get_ssl(bio, &ssl));
    CHECK(SSL_get_rbio(ssl) == BIO_next(bio));
    BIO_free_all(bio);
    bio = BIO_new_buffer_ssl_connect(ctx);
    SHOW(BIO_method_type(bio) == BIO_TYPE_BUFFER);
    SHOW(BIO_method_type(BIO_next(bio)) == BIO_TYPE_SSL);
    SHOW(BIO_method_type(BIO_next(BIO_next(bio))) == BIO_TYPE_CONNECT);
    BIO_free_all(bio);
    SHOW_PTR(BIO_new_ssl(NULL, 1));
    SHOW_ERR();
    SHOW_PTR(BIO_new_ssl_connect(NULL));
    ERR_clear_error();
    SSL_CTX_free(ctx);
}

/* ---- over a pair ---- */

/* A client BIO and a server BIO, each a filter over its half of a pair. */
static void ssl_bios(struct contexts *ctx, BIO **client, BIO **server)
{
    BIO *a = NULL, *b = NULL;

    if (BIO_new_bio_pair(&a, 1 << 17, &b, 1 << 17) != 1)
        check_give_up("BIO pair");
    *client = BIO_push(BIO_new_ssl(ctx->client, 1), a);
    *server = BIO_push(BIO_new_ssl(ctx->server, 0), b);
}

static void free_bios(BIO *client, BIO *server)
{
    BIO_free_all(client);
    BIO_free_all(server);
}

static void over_pair(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    BIO *client, *server;
    SSL *ssl = NULL;
    char buf[64] = "";

    ssl_bios(&ctx, &client, &server);
    SHOW(BIO_get_ssl(client, &ssl));
    CHECK(SSL_get_rbio(ssl) == BIO_next(client) && SSL_get_wbio(ssl) == BIO_next(client));
    BIO_CALL(client, BIO_do_handshake(client));
    BIO_CALL(server, BIO_do_handshake(server));
    BIO_CALL(client, BIO_do_handshake(client));
    BIO_CALL(server, BIO_do_handshake(server));
    BIO_CALL(client, BIO_do_handshake(client));
    BIO_CALL(client, BIO_read(client, buf, sizeof buf));
    BIO_CALL(client, BIO_write(client, "question", 8));
    BIO_CALL(client, BIO_flush(client));
    BIO_CALL(server, BIO_read(server, buf, 3));
    SHOW(BIO_pending(server));
    SHOW(BIO_ctrl_pending(server));
    BIO_CALL(server, BIO_read(server, buf, sizeof buf));
    SHOW(BIO_pending(server));
    BIO_CALL(server, BIO_puts(server, "answer"));
    BIO_CALL(client, BIO_gets(client, buf, sizeof buf));
    BIO_CALL(client, BIO_read(client, buf, 0));
    BIO_CALL(client, BIO_read(client, buf, sizeof buf));
    BIO_CALL(client, BIO_write(client, "", 0));
    SHOW(BIO_number_written(client) > 0);
    SHOW(BIO_get_num_renegotiates(client));
    printf("-- end\n");
    BIO_ssl_shutdown(client);
    BIO_CALL(server, BIO_read(server, buf, sizeof buf));
    BIO_CALL(server, BIO_read(server, buf, sizeof buf));
    SHOW(BIO_eof(server));
    BIO_CALL(client, BIO_write(client, "late", 4));
    free_bios(client, server);
    contexts_free(&ctx);
}

/* In TLS 1.3 there is no renegotiation; that it was asked for is counted, and its failure queued. */
static void renegotiation_limits(void)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    BIO *client, *server, *dup;
    char buf[1000] = "";

    SECTION("renegotiation limits");
    ssl_bios(&ctx, &client, &server);
    SHOW(BIO_set_ssl_renegotiate_bytes(client, 600));
    for (int i = 0; i < 4; i++) {
        BIO_do_handshake(client);
        BIO_do_handshake(server);
    }
    ERR_clear_error();
    BIO_CALL(client, BIO_write(client, buf, 600));
    BIO_CALL(client, BIO_write(client, buf, 1));
    BIO_CALL(client, BIO_write(client, buf, 600));
    SHOW(BIO_get_num_renegotiates(client));
    BIO_CALL(server, BIO_write(server, buf, 400));
    BIO_CALL(client, BIO_read(client, buf, sizeof buf));
    SHOW(BIO_get_num_renegotiates(client));
    SHOW(BIO_get_num_renegotiates(server));
    dup = BIO_new_ssl(ctx.client, 1);
    SHOW(BIO_dup_state(client, dup));
    SHOW(BIO_get_num_renegotiates(dup));
    BIO_free_all(dup);
    free_bios(client, server);
    contexts_free(&ctx);
}

/* Reading and writing do the handshake. */
static void implicit(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    BIO *client, *server;
    char buf[64] = "";

    ssl_bios(&ctx, &client, &server);
    BIO_CALL(client, BIO_write(client, "question", 8));
    BIO_CALL(server, BIO_read(server, buf, sizeof buf));
    BIO_CALL(client, BIO_write(client, "question", 8));
    BIO_CALL(server, BIO_read(server, buf, sizeof buf));
    BIO_CALL(client, BIO_write(client, "question", 8));
    BIO_CALL(server, BIO_read(server, buf, sizeof buf));
    free_bios(client, server);
    contexts_free(&ctx);
}

/* A buffer on top, as programs do for reading lines. */
static void lines(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    BIO *client, *server;
    SSL *a = NULL, *b = NULL;
    char buf[64] = "";

    ssl_bios(&ctx, &client, &server);
    BIO_get_ssl(client, &a);
    BIO_get_ssl(server, &b);
    pair_connect(a, b);
    client = BIO_push(BIO_new(BIO_f_buffer()), client);
    server = BIO_push(BIO_new(BIO_f_buffer()), server);
    SHOW(BIO_puts(client, "first line\nsecond line\n"));
    SHOW(BIO_printf(client, "%s %d\n", "line", 3));
    SHOW(BIO_flush(client));
    for (int i = 0; i < 3; i++) {
        SHOW(BIO_gets(server, buf, sizeof buf));
        SHOW_STR(buf);
    }
    BIO_CALL(server, BIO_gets(server, buf, sizeof buf));
    SHOW(BIO_get_ssl(server, &b));
    CHECK(b != NULL);
    free_bios(client, server);
    contexts_free(&ctx);
}

/* ---- failures ---- */

static void failure(int version)
{
    struct contexts ctx = contexts_new("expired", version);
    BIO *client, *server;
    char buf[8];

    ssl_bios(&ctx, &client, &server);
    BIO_CALL(client, BIO_do_handshake(client));
    BIO_CALL(server, BIO_do_handshake(server));
    BIO_CALL(client, BIO_do_handshake(client));
    BIO_CALL(server, BIO_do_handshake(server));
    BIO_CALL(client, BIO_read(client, buf, sizeof buf));
    BIO_CALL(client, BIO_write(client, "x", 1));
    free_bios(client, server);
    contexts_free(&ctx);
}

/* ---- ctrls ---- */

static void pushing(void)
{
    SSL_CTX *ctx = new_client_ctx();
    BIO *bio = BIO_new_ssl(ctx, 1), *mem = BIO_new(BIO_s_mem()), *dup;
    SSL *ssl = NULL, *copy = NULL;

    SECTION("push, pop, duplicate");
    BIO_get_ssl(bio, &ssl);
    SHOW_PTR(SSL_get_rbio(ssl));
    BIO_push(bio, mem);
    CHECK(SSL_get_rbio(ssl) == mem && SSL_get_wbio(ssl) == mem);
    CHECK(BIO_pop(bio) == mem);
    SHOW_PTR(SSL_get_rbio(ssl));
    SHOW_PTR(SSL_get_wbio(ssl));
    BIO_free(mem);
    dup = BIO_dup_chain(bio);
    SHOW_PTR(dup);
    SHOW(dup != NULL && BIO_get_ssl(dup, &copy) == 1);
    CHECK(copy != NULL && copy != ssl && SSL_get_SSL_CTX(copy) == ctx);
    BIO_free_all(dup);
    SHOW(BIO_set_ssl_renegotiate_bytes(bio, 100));
    SHOW(BIO_set_ssl_renegotiate_bytes(bio, 1024));
    SHOW(BIO_set_ssl_renegotiate_bytes(bio, 2048));
    SHOW(BIO_set_ssl_renegotiate_timeout(bio, 10));
    SHOW(BIO_set_ssl_renegotiate_timeout(bio, 90));
    SHOW(BIO_set_ssl_renegotiate_timeout(bio, 70));
    SHOW(BIO_get_num_renegotiates(bio));
    SHOW(BIO_get_fd(bio, NULL));
    SHOW(BIO_reset(bio));
    SHOW_ERR();
    BIO_free_all(bio);
    SSL_CTX_free(ctx);
}

static void copying_sessions(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    BIO *client, *server, *again = BIO_new_ssl(ctx.client, 1);
    SSL *a = NULL, *b = NULL, *c = NULL;

    ssl_bios(&ctx, &client, &server);
    BIO_get_ssl(client, &a);
    BIO_get_ssl(server, &b);
    BIO_get_ssl(again, &c);
    pair_connect(a, b);
    pair_settle(a);
    SHOW(BIO_ssl_copy_session_id(again, client));
    CHECK(SSL_get_session(c) == SSL_get_session(a));
    SHOW(BIO_ssl_copy_session_id(again, BIO_next(client)));
    BIO_free_all(again);
    free_bios(client, server);
    contexts_free(&ctx);
}

/* ---- a real connection ---- */

static void *serve(void *arg)
{
    BIO *listener = arg, *bio = NULL;
    char buf[64];
    int n;

    if (BIO_do_accept(listener) != 1 || (bio = BIO_pop(listener)) == NULL)
        return "accept";
    if (BIO_do_handshake(bio) != 1)
        return "handshake";
    while ((n = BIO_read(bio, buf, sizeof buf)) > 0)
        if (BIO_write(bio, buf, n) != n)
            return "write";
    BIO_ssl_shutdown(bio);
    BIO_free_all(bio);
    return NULL;
}

static void connected(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    BIO *listener = BIO_new_accept("127.0.0.1:0"), *client = BIO_new_ssl_connect(ctx.client);
    char buf[64] = "";
    void *failed = "not started";
    pthread_t thread;
    SSL *ssl = NULL;

    /* each accepted connection gets a copy of this chain */
    BIO_set_accept_bios(listener, BIO_new_ssl(ctx.server, 0));
    if (BIO_do_accept(listener) != 1 || pthread_create(&thread, NULL, serve, listener) != 0)
        check_give_up("listener");
    BIO_get_ssl(client, &ssl);
    SSL_set1_host(ssl, "localhost");
    BIO_set_conn_hostname(client, "127.0.0.1");
    BIO_set_conn_port(client, BIO_get_accept_port(listener));
    BIO_CALL(client, BIO_do_connect(client));
    BIO_CALL(client, BIO_do_handshake(client));
    SHOW(SSL_get_verify_result(ssl));
    BIO_CALL(client, BIO_write(client, "echo", 4));
    BIO_CALL(client, BIO_read(client, buf, sizeof buf));
    SHOW_STR(buf);
    SHOW(BIO_get_fd(client, NULL) >= 0);
    BIO_ssl_shutdown(client);
    BIO_CALL(client, BIO_read(client, buf, sizeof buf));
    pthread_join(thread, &failed);
    SHOW_STR(failed);
    BIO_free_all(client);
    BIO_free_all(listener);
    contexts_free(&ctx);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    empty();
    constructors();
    in_both_versions("over a pair", over_pair);
    renegotiation_limits();
    in_both_versions("implicit handshake", implicit);
    in_both_versions("lines", lines);
    in_both_versions("failure", failure);
    pushing();
    in_both_versions("copying sessions", copying_sessions);
    in_both_versions("connected", connected);
    return 0;
}
