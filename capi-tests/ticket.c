/* Session tickets: how many, when they come, their keys, the callback for keys, and who resumes whose. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SSL_CTX_set_tlsext_ticket_key_cb is still used */
#include "call.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static int new_sessions;

static int count_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    (void)session;
    new_sessions++;
    return 0;
}

static void count_on(SSL_CTX *ctx)
{
    new_sessions = 0;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(ctx, count_session);
}

/* A full handshake; the session a client has afterwards. */
static SSL_SESSION *first(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
    SSL *client, *server;
    SSL_SESSION *session;

    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "data", 4));
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    return session;
}

static void resume(const char *label, SSL_CTX *client_ctx, SSL_CTX *server_ctx, SSL_SESSION *session)
{
    SSL *client, *server;
    int ok;

    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set_session(client, session));
    ok = pair_handshake(client, server).ok;
    printf("%s: done %d, resumed %d %d", label, ok, SSL_session_reused(client), SSL_session_reused(server));
    printf(", data %d\n", ok ? pair_transfer(server, client, "data", 4) : 0);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
}

/* ---- numbers ---- */

static void numbers(void)
{
    static const size_t counts[] = { 0, 1, 2, 5 };
    struct contexts ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    SSL *ssl;

    SECTION("number of tickets");
    SHOW(SSL_CTX_get_num_tickets(ctx.server));
    ssl = SSL_new(ctx.server);
    SHOW(SSL_get_num_tickets(ssl));
    SHOW(SSL_set_num_tickets(ssl, 4));
    SHOW(SSL_get_num_tickets(ssl));
    SHOW(SSL_CTX_get_num_tickets(ctx.server));
    SSL_free(ssl);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        SSL_SESSION *session;

        SHOW(SSL_CTX_set_num_tickets(ctx.server, counts[i]));
        count_on(ctx.client);
        session = first(ctx.client, ctx.server);
        SHOW(new_sessions);
        SHOW(SSL_SESSION_has_ticket(session));
        SHOW(SSL_SESSION_is_resumable(session));
        new_sessions = 0;
        resume("again", ctx.client, ctx.server, session);
        SHOW(new_sessions);
        SSL_SESSION_free(session);
    }
    contexts_free(&ctx);
}

static void none(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL_SESSION *session;

    SSL_CTX_set_options(ctx.server, SSL_OP_NO_TICKET);
    session = first(ctx.client, ctx.server);
    SHOW(SSL_SESSION_has_ticket(session));
    resume("from the server's own cache", ctx.client, ctx.server, session);
    SSL_SESSION_free(session);
    SSL_CTX_set_session_cache_mode(ctx.server, SSL_SESS_CACHE_OFF);
    session = first(ctx.client, ctx.server);
    resume("neither ticket nor cache", ctx.client, ctx.server, session);
    SSL_SESSION_free(session);
    contexts_free(&ctx);
}

/* SSL_new_session_ticket: one more, when the server wants. */
static void on_demand(void)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_3_VERSION);
    SSL *client, *server;
    char buf[8];

    SECTION("tickets on demand");
    SSL_CTX_set_num_tickets(ctx.server, 0);
    count_on(ctx.client);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_new_session_ticket(server));
    SHOW(SSL_new_session_ticket(client));
    SHOW_ERR();
    pair_connect(client, server);
    pair_settle(client);
    SHOW(new_sessions);
    SHOW(SSL_new_session_ticket(client));
    SHOW(SSL_new_session_ticket(server));
    SHOW(SSL_new_session_ticket(server));
    SHOW_ERR();
    CALL(server, SSL_write(server, "data", 4));
    CALL(client, SSL_read(client, buf, sizeof buf));
    SHOW(new_sessions);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- keys ---- */

static void key_setting(void)
{
    SSL_CTX *ctx = new_server_ctx("ecdsa"), *other = new_server_ctx("ecdsa");
    unsigned char keys[80], got[80];

    SECTION("setting keys");
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, keys, sizeof keys));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, keys, 48));
    SHOW_ERR();
    SHOW(SSL_CTX_get_tlsext_ticket_keys(other, got, sizeof got));
    CHECK(memcmp(keys, got, sizeof keys) != 0);
    memset(keys, 7, sizeof keys);
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 48));
    SHOW_ERR();
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof keys));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, got, sizeof got));
    CHECK(memcmp(keys, got, sizeof keys) == 0);
    SSL_CTX_free(ctx);
    SSL_CTX_free(other);
}

/* Two servers with the same keys resume each other's sessions, with other keys they do not. */
static void shared_keys(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL_CTX *second = new_server_ctx("ecdsa"), *stranger = new_server_ctx("ecdsa");
    unsigned char keys[80];
    SSL_SESSION *session;

    fill_pattern(keys, sizeof keys, 5);
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx.server, keys, sizeof keys));
    SHOW(SSL_CTX_set_tlsext_ticket_keys(second, keys, sizeof keys));
    session = first(ctx.client, ctx.server);
    resume("the same server", ctx.client, ctx.server, session);
    SSL_SESSION_free(session);
    session = first(ctx.client, ctx.server);
    resume("a server with the same keys", ctx.client, second, session);
    SSL_SESSION_free(session);
    session = first(ctx.client, ctx.server);
    resume("a server with other keys", ctx.client, stranger, session);
    SSL_SESSION_free(session);
    session = first(ctx.client, ctx.server);
    fill_pattern(keys, sizeof keys, 6);
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx.server, keys, sizeof keys));
    SSL_CTX_set_options(ctx.server, SSL_OP_NO_ANTI_REPLAY);
    resume("after the keys have changed", ctx.client, ctx.server, session);
    SSL_SESSION_free(session);
    SSL_CTX_free(second);
    SSL_CTX_free(stranger);
    contexts_free(&ctx);
}

/* ---- the program's own keys ---- */

static int decrypt_answer, encrypts, decrypts;

static int own_keys(SSL *ssl, unsigned char name[16], unsigned char iv[EVP_MAX_IV_LENGTH], EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
    unsigned char key[32];
    OSSL_PARAM params[3];

    (void)ssl;
    fill_pattern(key, sizeof key, 9);
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, sizeof key);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
    params[2] = OSSL_PARAM_construct_end();
    if (encrypt) {
        encrypts++;
        memcpy(name, "name of the keys", 16);
        fill_pattern(iv, 16, (uint64_t)encrypts);
        return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv) == 1 && EVP_MAC_CTX_set_params(mac, params) == 1 ? 1 : -1;
    }
    decrypts++;
    if (memcmp(name, "name of the keys", 16) != 0 || decrypt_answer <= 0)
        return decrypt_answer;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv) != 1 || EVP_MAC_CTX_set_params(mac, params) != 1)
        return -1;
    return decrypt_answer;
}

static int own_keys_old(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, HMAC_CTX *mac, int encrypt)
{
    unsigned char key[32];

    (void)ssl;
    fill_pattern(key, sizeof key, 9);
    if (encrypt) {
        encrypts++;
        memcpy(name, "name of the keys", 16);
        fill_pattern(iv, 16, (uint64_t)encrypts);
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv);
    } else {
        decrypts++;
        if (decrypt_answer <= 0)
            return decrypt_answer;
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv);
    }
    HMAC_Init_ex(mac, key, sizeof key, EVP_sha256(), NULL);
    return encrypt ? 1 : decrypt_answer;
}

static void own(int version)
{
    /* 1: good; 2: good, but a new ticket is wanted; 0: unknown key; -1: failure */
    static const int answers[] = { 1, 2, 0, -1 };

    for (int old = 0; old < 2; old++) {
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
            struct contexts ctx = contexts_new("ecdsa", version);
            SSL_SESSION *session;

            printf("-- %s callback answers %d\n", old ? "older" : "newer", answers[i]);
            encrypts = decrypts = 0;
            decrypt_answer = answers[i];
            if (old)
                SHOW(SSL_CTX_set_tlsext_ticket_key_cb(ctx.server, own_keys_old));
            else
                SHOW(SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx.server, own_keys));
            session = first(ctx.client, ctx.server);
            printf("encrypted %d, decrypted %d\n", encrypts, decrypts);
            encrypts = decrypts = 0;
            resume("again", ctx.client, ctx.server, session);
            printf("encrypted %d, decrypted %d\n", encrypts, decrypts);
            SHOW_ERR();
            SSL_SESSION_free(session);
            contexts_free(&ctx);
        }
    }
}

/* ---- what a ticket carries ---- */

static void contents(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    const unsigned char *ticket = NULL;
    SSL_SESSION *session = first(ctx.client, ctx.server);
    size_t len = 0;

    SSL_SESSION_get0_ticket(session, &ticket, &len);
    CHECK(ticket != NULL && len > 50);
    SHOW(SSL_SESSION_has_ticket(session));
    SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
    SHOW(SSL_SESSION_get_timeout(session));
    SHOW(SSL_SESSION_get_protocol_version(session));
    SSL_SESSION_free(session);
    printf("-- a server that lets sessions last for 100 s\n");
    SSL_CTX_set_timeout(ctx.server, 100);
    session = first(ctx.client, ctx.server);
    SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
    SSL_SESSION_free(session);
    contexts_free(&ctx);
}

int main(void)
{
    numbers();
    in_both_versions("no tickets", none);
    on_demand();
    key_setting();
    in_both_versions("shared keys", shared_keys);
    in_both_versions("the program's own keys", own);
    in_both_versions("contents", contents);
    return 0;
}
