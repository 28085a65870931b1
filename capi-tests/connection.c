/* Connections as objects: made, counted, duplicated, cleared, and what each of these keeps. */
#include "call.h"

static int yes(int ok, X509_STORE_CTX *store)
{
    (void)store;
    return ok;
}

static void no_info(const SSL *ssl, int where, int value)
{
    (void)ssl;
    (void)where;
    (void)value;
}

static void life(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl;

    SECTION("life");
    SHOW_PTR(SSL_new(NULL));
    SHOW_ERR();
    ssl = SSL_new(ctx);
    CHECK(SSL_get_SSL_CTX(ssl) == ctx);
    SHOW(SSL_up_ref(ssl));
    SSL_free(ssl);
    SHOW_STR(SSL_state_string_long(ssl));
    SSL_CTX_free(ctx);
    CHECK(SSL_get_SSL_CTX(ssl) == ctx);
    SHOW(SSL_get_verify_mode(ssl));
    SSL_free(ssl);
    SSL_free(NULL);
    SSL_CTX_free(NULL);
}

/* ---- what a connection takes over from its context ---- */

static void show_settings(const char *label, SSL *ssl)
{
    STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(ssl);

    printf("%s: options %lx, mode %lx, verify %d depth %d, min %ld max %ld, level %d, quiet %d, read-ahead %d, first cipher %s, server %d\n", label,
           (unsigned long)SSL_get_options(ssl), (unsigned long)SSL_get_mode(ssl), SSL_get_verify_mode(ssl), SSL_get_verify_depth(ssl), (long)SSL_get_min_proto_version(ssl),
           (long)SSL_get_max_proto_version(ssl), SSL_get_security_level(ssl), SSL_get_quiet_shutdown(ssl), SSL_get_read_ahead(ssl),
           SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, 0)), SSL_is_server(ssl));
}

static void set_some(SSL *ssl)
{
    SSL_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, yes);
    SSL_set_verify_depth(ssl, 9);
    SSL_set_quiet_shutdown(ssl, 1);
    SSL_set_read_ahead(ssl, 1);
    SSL_set_security_level(ssl, 1);
    SHOW(SSL_set_min_proto_version(ssl, TLS1_2_VERSION));
    SHOW(SSL_set_max_proto_version(ssl, TLS1_2_VERSION));
    SHOW(SSL_set_cipher_list(ssl, "ECDHE-RSA-AES128-GCM-SHA256"));
    SHOW(SSL_set_ciphersuites(ssl, "TLS_CHACHA20_POLY1305_SHA256"));
    SHOW(SSL_set_tlsext_host_name(ssl, "one.example"));
    SHOW(SSL_set_session_id_context(ssl, (const unsigned char *)"context", 7));
    SSL_set_info_callback(ssl, no_info);
}

static void inheritance(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *before = SSL_new(ctx), *after;

    SECTION("what is taken over from the context");
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify_depth(ctx, 5);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_quiet_shutdown(ctx, 1);
    SSL_CTX_set_security_level(ctx, 1);
    SHOW(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION));
    after = SSL_new(ctx);
    show_settings("made before", before);
    show_settings("made after", after);
    SSL_free(before);
    SSL_free(after);
    SSL_CTX_free(ctx);
}

/* ---- SSL_dup ---- */

static void duplicates(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = SSL_new(ctx), *dup;
    BIO *bio = BIO_new(BIO_s_mem());

    SECTION("SSL_dup before the handshake");
    set_some(ssl);
    SSL_set_connect_state(ssl);
    SSL_set_bio(ssl, bio, bio);
    dup = SSL_dup(ssl);
    CHECK(dup != ssl && dup != NULL);
    CHECK(SSL_get_SSL_CTX(dup) == ctx);
    show_settings("original", ssl);
    show_settings("duplicate", dup);
    CHECK(SSL_get_info_callback(dup) == no_info);
    CHECK(SSL_get_verify_callback(dup) == yes);
    SHOW_STR(SSL_get_servername(dup, TLSEXT_NAMETYPE_host_name));
    SHOW_PTR(SSL_get_rbio(dup));
    CHECK(SSL_get_rbio(dup) == SSL_get_wbio(dup));
    CHECK(SSL_get_rbio(dup) != SSL_get_rbio(ssl));
    SHOW(SSL_in_connect_init(dup) != 0);
    SSL_free(dup);
    show_settings("original afterwards", ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* A duplicate is made of the context that is in use now, and without a callback of its own keeps that one's. */
static void duplicate_of_another_context(void)
{
    SSL_CTX *ctx = new_client_ctx(), *other = new_client_ctx();
    SSL *ssl = SSL_new(ctx), *dup;

    SECTION("SSL_dup after SSL_set_SSL_CTX");
    SSL_CTX_set_verify(other, SSL_VERIFY_PEER, yes);
    CHECK(SSL_set_SSL_CTX(ssl, other) == other);
    SHOW_PTR((const void *)(uintptr_t)SSL_get_verify_callback(ssl));
    dup = SSL_dup(ssl);
    CHECK(SSL_get_SSL_CTX(dup) == other);
    CHECK(SSL_get_verify_callback(dup) == yes);
    SSL_free(dup);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SSL_CTX_free(other);
}

static void duplicate_connects(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *first = SSL_new(ctx.client), *client, *server = SSL_new(ctx.server), *same;

    SSL_set_connect_state(first);
    SSL_set_accept_state(server);
    client = SSL_dup(first);
    SSL_free(first);
    pair_join(client, server, PAIR_BIO);
    SHOW(pair_handshake(client, server).ok);
    CHECK(pair_transfer(client, server, "data", 4));
    printf("-- in the middle a duplicate is the same connection\n");
    same = SSL_dup(client);
    CHECK(same == client);
    SSL_free(same);
    CHECK(pair_transfer(client, server, "data", 4));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- SSL_clear ---- */

static void cleared(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = SSL_new(ctx);

    SECTION("SSL_clear keeps the settings");
    set_some(ssl);
    SSL_set_app_data(ssl, (char *)"data");
    SSL_set_connect_state(ssl);
    SHOW(SSL_clear(ssl));
    show_settings("cleared", ssl);
    SHOW_STR(SSL_get_app_data(ssl));
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    CHECK(SSL_get_info_callback(ssl) == no_info);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void cleared_after_use(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    char buf[8];

    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_tlsext_host_name(client, "localhost");
    pair_connect(client, server);
    CALL(server, SSL_write(server, "data", 4));
    CALL(client, SSL_peek(client, buf, 4));
    SHOW(SSL_pending(client));
    SHOW(SSL_clear(client));
    SHOW(SSL_pending(client));
    SHOW_PTR(SSL_get0_peer_certificate(client));
    SHOW_PTR(SSL_get_peer_cert_chain(client));
    SHOW(SSL_get_verify_result(client));
    SHOW_STR(SSL_get_version(client));
    SHOW_PTR(SSL_get_current_cipher(client));
    SHOW(SSL_get_shutdown(client));
    SHOW(SSL_session_reused(client));
    SHOW_PTR(SSL_get_rbio(client));
    CALL(client, SSL_read(client, buf, 4));
    pair_free(client, server);

    printf("-- after a failure\n");
    contexts_free(&ctx);
    ctx = contexts_new("expired", version);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    SHOW(SSL_clear(client));
    SHOW(SSL_clear(server));
    pair_join(client, server, PAIR_BIO);
    SSL_set_verify(client, SSL_VERIFY_NONE, NULL);
    SHOW(pair_handshake(client, server).ok);
    CHECK(pair_transfer(client, server, "data", 4));
    pair_free(client, server);

    printf("-- in the middle of a handshake\n");
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_verify(client, SSL_VERIFY_NONE, NULL);
    CALL(client, SSL_do_handshake(client));
    CALL(server, SSL_do_handshake(server));
    SHOW(SSL_clear(client));
    SHOW(SSL_clear(server));
    SHOW_ERR();
    pair_join(client, server, PAIR_BIO);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- many at once ---- */

static void many(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *clients[20], *servers[20];
    int ok = 0, moved = 0;

    for (int i = 0; i < 20; i++)
        pair_new(&clients[i], &servers[i], ctx.client, ctx.server);
    for (int i = 0; i < 20; i++)
        ok += pair_handshake(clients[i], servers[i]).ok;
    for (int i = 19; i >= 0; i--)
        moved += pair_transfer(clients[i], servers[i], "data", 4);
    SHOW(ok);
    SHOW(moved);
    for (int i = 0; i < 20; i++)
        pair_free(clients[(i * 7) % 20], servers[i]);
    contexts_free(&ctx);
}

/* Freed at every point of a handshake. */
static void freed_early(int version)
{
    for (int calls = 0; calls < 8; calls++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL *client, *server;

        pair_new(&client, &server, ctx.client, ctx.server);
        for (int i = 0; i < calls; i++)
            SSL_do_handshake(i % 2 == 0 ? client : server);
        ERR_clear_error();
        contexts_free(&ctx);
        pair_free(client, server);
    }
    SHOW_ERR();
}

int main(void)
{
    life();
    inheritance();
    duplicates();
    duplicate_of_another_context();
    in_both_versions("SSL_dup", duplicate_connects);
    cleared();
    in_both_versions("SSL_clear after use", cleared_after_use);
    in_both_versions("many at once", many);
    in_both_versions("freed early", freed_early);
    return 0;
}
