/* Everything that the message, info, key log and verify callbacks see of a connection, in order. */
#include "call.h"

static int last_length[2];

static void show_message(const unsigned char *bytes, size_t len, int written)
{
    /* how much longer the record is than the message: nothing in clear, else what protects it */
    int more = last_length[written] - (int)len;

    printf("message %d in a record with %d more", bytes[0], more);
    printf(", length right %d", len == 4 + ((size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3]));
}

static void message(int written, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *bytes = data;

    (void)ssl;
    printf("  %s %s %x type %d: ", (const char *)arg, written ? "sends" : "gets", version, type);
    if (type == SSL3_RT_HEADER && len == 5) {
        printf("record %d %02x%02x", bytes[0], bytes[1], bytes[2]);
        last_length[written] = bytes[3] << 8 | bytes[4];
    } else if (type == SSL3_RT_HANDSHAKE && len >= 4) {
        show_message(bytes, len, written);
    } else {
        for (size_t i = 0; i < len; i++)
            printf("%02x", bytes[i]);
    }
    printf("\n");
}

static const char *side_of(const SSL *ssl)
{
    return SSL_is_server(ssl) ? "server" : "client";
}

static void info(const SSL *ssl, int where, int value)
{
    printf("  %s info %04x %d %s, version %x\n", side_of(ssl), where, value, SSL_state_string_long(ssl), SSL_version(ssl));
}

static void key_line(const SSL *ssl, const char *line)
{
    printf("  %s logs %.*s\n", side_of(ssl), (int)strcspn(line, " "), line);
}

static int verify(int ok, X509_STORE_CTX *store)
{
    printf("  verify %d at depth %d\n", ok, X509_STORE_CTX_get_error_depth(store));
    return ok;
}

static struct contexts watched(const char *cert, int version)
{
    struct contexts ctx = contexts_new(cert, version);
    SSL_CTX *both[] = { ctx.client, ctx.server };

    for (int i = 0; i < 2; i++) {
        SSL_CTX_set_msg_callback(both[i], message);
        SSL_CTX_set_msg_callback_arg(both[i], i == 0 ? (char *)"client" : (char *)"server");
        SSL_CTX_set_info_callback(both[i], info);
        SSL_CTX_set_keylog_callback(both[i], key_line);
    }
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, verify);
    return ctx;
}

static void handshake(struct contexts *ctx, SSL_SESSION *session)
{
    SSL *client, *server;

    pair_new(&client, &server, ctx->client, ctx->server);
    if (session != NULL)
        SSL_set_session(client, session);
    SHOW(pair_handshake(client, server).ok);
    SHOW(SSL_session_reused(client));
    pair_free(client, server);
}

static void full_and_resumed(int version)
{
    struct contexts ctx = watched("rsa", version);
    SSL_SESSION *session;
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    printf("-- what follows\n");
    pair_settle(client);
    printf("-- data\n");
    CHECK(pair_transfer(server, client, "data", 4));
    session = SSL_get1_session(client);
    printf("-- shutdown\n");
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_shutdown(client);
    pair_free(client, server);
    printf("-- resumed\n");
    handshake(&ctx, session);
    SSL_SESSION_free(session);
    contexts_free(&ctx);
}

static void mutual(int version)
{
    struct contexts ctx = watched("rsa", version);

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, verify);
    printf("-- without a certificate\n");
    handshake(&ctx, NULL);
    printf("-- with one\n");
    SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM);
    handshake(&ctx, NULL);
    contexts_free(&ctx);
}

static void failing(int version)
{
    struct contexts ctx = watched("expired", version);

    printf("-- the client refuses\n");
    handshake(&ctx, NULL);
    contexts_free(&ctx);
    printf("-- the server refuses\n");
    ctx = watched("rsa", version);
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify);
    handshake(&ctx, NULL);
    contexts_free(&ctx);
    printf("-- nothing in common\n");
    ctx = watched("rsa", version);
    SSL_CTX_set_max_proto_version(ctx.server, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(ctx.server, "ECDHE-ECDSA-AES128-GCM-SHA256");
    handshake(&ctx, NULL);
    contexts_free(&ctx);
}

/* The client offers both versions. */
static void range(int version)
{
    struct contexts ctx = watched("rsa", 0);

    SSL_CTX_set_max_proto_version(ctx.server, version);
    handshake(&ctx, NULL);
    contexts_free(&ctx);
}

static void second_hello(void)
{
    struct contexts ctx = watched("rsa", TLS1_3_VERSION);

    SECTION("HelloRetryRequest");
    SSL_CTX_set1_groups_list(ctx.client, "X25519:P-256");
    SSL_CTX_set1_groups_list(ctx.server, "P-256");
    handshake(&ctx, NULL);
    contexts_free(&ctx);
}

static void key_update(void)
{
    struct contexts ctx = watched("rsa", TLS1_3_VERSION);
    SSL *client, *server;

    SECTION("key update");
    SSL_CTX_set_num_tickets(ctx.server, 0);
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    for (int i = 0; i < 2; i++) {
        printf("-- asked for by the %s\n", i == 0 ? "client" : "server");
        SHOW(SSL_key_update(i == 0 ? client : server, SSL_KEY_UPDATE_REQUESTED));
        CHECK(pair_transfer(i == 0 ? client : server, i == 0 ? server : client, "ping", 4));
        printf("key update: client %d, server %d\n", SSL_get_key_update_type(client), SSL_get_key_update_type(server));
        CHECK(pair_transfer(i == 0 ? server : client, i == 0 ? client : server, "pong", 4));
        printf("key update: client %d, server %d\n", SSL_get_key_update_type(client), SSL_get_key_update_type(server));
    }
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Several records and a callback that is set late and taken back. */
static void of_data(int version)
{
    static unsigned char data[40000];
    struct contexts ctx = contexts_new("rsa", version);
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    SSL_set_msg_callback(server, message);
    SSL_set_msg_callback_arg(server, (char *)"server");
    CHECK(pair_transfer(server, client, data, sizeof data));
    CHECK(pair_transfer(client, server, data, 100));
    SSL_set_msg_callback(server, NULL);
    CHECK(pair_transfer(server, client, data, 100));
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("full and resumed", full_and_resumed);
    in_both_versions("client certificate", mutual);
    in_both_versions("failures", failing);
    in_both_versions("a client of both versions", range);
    second_hello();
    key_update();
    in_both_versions("data", of_data);
    return 0;
}
