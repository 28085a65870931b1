/* Tickets that the program fails to make or to accept: SSL_CTX_set_tlsext_ticket_key_evp_cb, SSL_CTX_set_session_ticket_cb. */
#include "call.h"

#include <openssl/evp.h>

static int key_answer, make_answer, take_answer;

static int ticket_keys(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
    (void)ssl, (void)name, (void)iv, (void)cipher, (void)mac;
    printf("keys, enc %d\n", enc);
    return key_answer;
}

static int make(SSL *ssl, void *arg)
{
    CHECK(arg == &make_answer);
    SHOW(SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "from the program", 16));
    return make_answer;
}

static SSL_TICKET_RETURN take(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t len, SSL_TICKET_STATUS status, void *arg)
{
    void *data = NULL;
    size_t size = 0;

    (void)ssl, (void)name, (void)arg;
    printf("status %d, name of %zu\n", status, len);
    if (session != NULL) {
        SHOW(SSL_SESSION_get0_ticket_appdata(session, &data, &size));
        SHOW_HEX("application data", data, size);
    }
    return take_answer;
}

/* A handshake with `session`, if not NULL; gives what the client then holds, or NULL. */
static SSL_SESSION *handshake(struct contexts *ctx, SSL_SESSION *session)
{
    SSL *client, *server;
    SSL_SESSION *held = NULL;
    struct pair_result result;

    pair_new(&client, &server, ctx->client, ctx->server);
    if (session != NULL)
        SSL_set_session(client, session);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    if (result.ok) {
        CHECK(pair_transfer(server, client, "data", 4));
        printf("resumed %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
        held = SSL_get1_session(client);
        SHOW(SSL_SESSION_has_ticket(held));
        SSL_shutdown(client);
        SSL_shutdown(server);
    }
    pair_free(client, server);
    ERR_clear_error();
    return held;
}

static void keys(int version)
{
    for (key_answer = 0; key_answer >= -1; key_answer--) {
        struct contexts ctx = contexts_new("ecdsa", version);

        printf("== keys %d, version %x\n", key_answer, version);
        SHOW(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx.server, ticket_keys));
        /* OpenSSL 3.0 sends an empty ticket in TLS 1.3, which no client takes */
        if (key_answer != 0 || version == TLS1_2_VERSION)
            SSL_SESSION_free(handshake(&ctx, NULL));
        contexts_free(&ctx);
    }
}

static void application_data(int version)
{
    static const int answers[] = { SSL_TICKET_RETURN_ABORT, SSL_TICKET_RETURN_IGNORE, SSL_TICKET_RETURN_IGNORE_RENEW, SSL_TICKET_RETURN_USE, SSL_TICKET_RETURN_USE_RENEW };

    for (make_answer = 0; make_answer <= 1; make_answer++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL_SESSION *session;

        printf("== application data %d, version %x\n", make_answer, version);
        SHOW(SSL_CTX_set_session_ticket_cb(ctx.server, make, take, &make_answer));
        SHOW(SSL_CTX_set_num_tickets(ctx.server, 1));
        take_answer = SSL_TICKET_RETURN_IGNORE_RENEW;
        session = handshake(&ctx, NULL);
        for (size_t i = 0; session != NULL && i < sizeof answers / sizeof *answers; i++) {
            printf("-- answer %d\n", answers[i]);
            take_answer = answers[i];
            SSL_SESSION_free(handshake(&ctx, session));
        }
        SSL_SESSION_free(session);
        contexts_free(&ctx);
    }
}

int main(void)
{
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        keys(version);
        application_data(version);
    }
    return 0;
}
