/* The message callback: which handshake messages, alerts and change_cipher_specs a side sends and gets, in order. */
#include "call.h"

static int headers, inner_types;

/* The pseudo types of record headers and inner content types are counted only. */
static void message(int written, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
    const unsigned char *bytes = data;

    /* before the version is settled it is each side's own guess */
    (void)version;
    if (type == SSL3_RT_HEADER) {
        headers++;
        return;
    }
    if (type == SSL3_RT_INNER_CONTENT_TYPE) {
        inner_types++;
        return;
    }
    printf("  %s %s type %d", (const char *)arg, written ? "sends" : "gets", type);
    if (type == SSL3_RT_HANDSHAKE && len >= 4)
        printf(" message %d, length right %d", bytes[0], len == 4 + ((size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3]));
    else if (type == SSL3_RT_ALERT && len == 2)
        printf(" alert %d %d", bytes[0], bytes[1]);
    else
        printf(" of %zu bytes", len);
    printf("%s\n", ssl == NULL ? ", no connection" : "");
}

static struct contexts watched(const char *cert, int version)
{
    struct contexts ctx = contexts_new(cert, version);

    SSL_CTX_set_msg_callback(ctx.client, message);
    SSL_CTX_set_msg_callback_arg(ctx.client, (char *)"client");
    SSL_CTX_set_msg_callback(ctx.server, message);
    SSL_CTX_set_msg_callback_arg(ctx.server, (char *)"server");
    headers = inner_types = 0;
    return ctx;
}

static void full(int version)
{
    struct contexts ctx = watched("ecdsa", version);
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    CHECK(headers > 4);
    SHOW(inner_types > 0);
    printf("-- data\n");
    CHECK(pair_transfer(server, client, "data", 4));
    printf("-- shutdown\n");
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_shutdown(server);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void mutual(int version)
{
    struct contexts ctx = watched("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void failing(int version)
{
    struct contexts ctx = watched("expired", version);
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* The connection's own callback and argument. */
static void of_connection(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_msg_callback(client, message);
    SSL_set_msg_callback_arg(client, (char *)"this client");
    SHOW(pair_handshake(client, server).ok);
    SSL_set_msg_callback(client, NULL);
    CHECK(pair_transfer(client, server, "data", 4));
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("full handshake", full);
    in_both_versions("client certificate", mutual);
    in_both_versions("failure", failing);
    in_both_versions("of a connection", of_connection);
    return 0;
}
