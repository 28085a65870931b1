/* Stapled OCSP responses: settings, the server's callback, the client's callback, what each answer leads to. */
#include "call.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

static const unsigned char staple[] = "not a response that anybody parses";

/* ---- settings ---- */

static int any_callback(SSL *ssl, void *arg)
{
    (void)ssl;
    (void)arg;
    return 1;
}

static void settings(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    int (*callback)(SSL *, void *) = NULL;
    unsigned char *memory;
    const unsigned char *got = staple;
    void *arg = &ctx;
    SSL *ssl;

    SECTION("settings");
    SHOW(SSL_CTX_get_tlsext_status_type(ctx));
    SHOW(SSL_CTX_get_tlsext_status_cb(ctx, &callback));
    CHECK(callback == NULL);
    SHOW(SSL_CTX_get_tlsext_status_arg(ctx, &arg));
    CHECK(arg == NULL);
    SHOW(SSL_CTX_set_tlsext_status_cb(ctx, any_callback));
    SHOW(SSL_CTX_set_tlsext_status_arg(ctx, &ctx));
    SHOW(SSL_CTX_get_tlsext_status_cb(ctx, &callback));
    CHECK(callback == any_callback);
    SHOW(SSL_CTX_get_tlsext_status_arg(ctx, &arg));
    CHECK(arg == &ctx);
    SHOW(SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp));
    SHOW(SSL_CTX_get_tlsext_status_type(ctx));
    ssl = SSL_new(ctx);
    SHOW(SSL_get_tlsext_status_type(ssl));
    SHOW(SSL_set_tlsext_status_type(ssl, 7));
    SHOW(SSL_get_tlsext_status_type(ssl));
    SHOW(SSL_set_tlsext_status_type(ssl, -1));
    SHOW(SSL_get_tlsext_status_type(ssl));
    SHOW(SSL_CTX_get_tlsext_status_type(ctx));
    SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &got));
    SHOW_PTR(got);
    memory = OPENSSL_memdup(staple, sizeof staple);
    SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, memory, sizeof staple));
    SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &got));
    CHECK(got == memory);
    memory = OPENSSL_memdup(staple, 4);
    SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, memory, 4));
    SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &got));
    SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, NULL, 0));
    SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &got));
    SHOW_PTR(got);
    SHOW(SSL_get_tlsext_status_ids(ssl, &arg));
    SHOW_PTR(arg);
    SHOW(SSL_get_tlsext_status_exts(ssl, &arg));
    SHOW_PTR(arg);
    SHOW(SSL_set_tlsext_status_ids(ssl, NULL));
    SHOW(SSL_set_tlsext_status_exts(ssl, NULL));
    memory = OPENSSL_memdup(staple, sizeof staple);
    SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, memory, sizeof staple));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- callbacks ---- */

struct plan {
    const char *name;
    int type;      /* what the client asks for */
    int on_server; /* the server has a callback, which answers `server_answer` */
    int server_answer;
    int with_response;
    int on_client; /* the client has a callback, which answers `client_answer` */
    int client_answer;
    const char *cert;
};

static void show_response(const char *label, SSL *ssl)
{
    const unsigned char *response = NULL;
    long len = SSL_get_tlsext_status_ocsp_resp(ssl, &response);

    printf("  %s: type %ld, response of %ld, same %d\n", label, SSL_get_tlsext_status_type(ssl), len,
           len == sizeof staple && memcmp(response, staple, sizeof staple) == 0);
}

static int server_callback(SSL *ssl, void *arg)
{
    const struct plan *plan = arg;
    X509 *cert = SSL_get_certificate(ssl);
    void *ids = &plan, *exts = &plan;

    printf("  server's callback: server %d, certificate with key %d\n", SSL_is_server(ssl), cert == NULL ? -1 : EVP_PKEY_get_base_id(X509_get0_pubkey(cert)));
    show_response("server's callback", ssl);
    SSL_get_tlsext_status_ids(ssl, &ids);
    SSL_get_tlsext_status_exts(ssl, &exts);
    printf("  ids %s, extensions %s\n", ids == NULL ? "none" : "there", exts == NULL ? "none" : "there");
    if (plan->with_response)
        SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup(staple, sizeof staple), sizeof staple);
    return plan->server_answer;
}

static int client_callback(SSL *ssl, void *arg)
{
    const struct plan *plan = arg;

    show_response("client's callback", ssl);
    printf("  client's callback: certificate %s, verify result %ld, chain %d\n", SSL_get0_peer_certificate(ssl) == NULL ? "none" : "there", SSL_get_verify_result(ssl),
           sk_X509_num(SSL_get0_verified_chain(ssl)));
    return plan->client_answer;
}

static void alerts(const SSL *ssl, int where, int value)
{
    if ((where & SSL_CB_ALERT) != 0 && (value & 0xff) != SSL_AD_CLOSE_NOTIFY)
        printf("  %s: alert %s %d\n", SSL_is_server(ssl) ? "server" : "client", where & SSL_CB_READ ? "read" : "written", value);
}

static struct contexts plan_contexts(const struct plan *plan, int version)
{
    struct contexts ctx = contexts_new(plan->cert == NULL ? "ecdsa" : plan->cert, version);

    SSL_CTX_set_info_callback(ctx.client, alerts);
    SSL_CTX_set_info_callback(ctx.server, alerts);
    SSL_CTX_set_tlsext_status_type(ctx.client, plan->type);
    if (plan->on_server) {
        SSL_CTX_set_tlsext_status_cb(ctx.server, server_callback);
        SSL_CTX_set_tlsext_status_arg(ctx.server, (void *)plan);
    }
    if (plan->on_client) {
        SSL_CTX_set_tlsext_status_cb(ctx.client, client_callback);
        SSL_CTX_set_tlsext_status_arg(ctx.client, (void *)plan);
    }
    return ctx;
}

static const struct plan plans[] = {
    { "response", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_OK, 1, 1, 1, NULL },
    { "not asked for", -1, 1, SSL_TLSEXT_ERR_OK, 1, 1, 1, NULL },
    { "an unknown type", 9, 1, SSL_TLSEXT_ERR_OK, 1, 1, 1, NULL },
    { "nobody listens on the client", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_OK, 1, 0, 0, NULL },
    { "server has no callback", TLSEXT_STATUSTYPE_ocsp, 0, 0, 0, 1, 1, NULL },
    { "server has no response", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_OK, 0, 1, 1, NULL },
    { "server does not want to", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_NOACK, 1, 1, 1, NULL },
    { "server fails", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_ALERT_FATAL, 1, 1, 1, NULL },
    { "server warns", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_ALERT_WARNING, 1, 1, 1, NULL },
    { "server answers nonsense", TLSEXT_STATUSTYPE_ocsp, 1, -5, 1, 1, 1, NULL },
    { "client refuses", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_OK, 1, 1, 0, NULL },
    { "client refuses that there is none", TLSEXT_STATUSTYPE_ocsp, 0, 0, 0, 1, 0, NULL },
    { "client fails", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_OK, 1, 1, -1, NULL },
    { "client refuses without having asked", -1, 1, SSL_TLSEXT_ERR_OK, 1, 1, 0, NULL },
    { "chain does not verify", TLSEXT_STATUSTYPE_ocsp, 1, SSL_TLSEXT_ERR_OK, 1, 1, 1, "expired" },
};

static void exchange(int version)
{
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct contexts ctx = plan_contexts(&plans[i], version);
        SSL *client, *server;
        struct pair_result result;

        printf("-- %s\n", plans[i].name);
        pair_new(&client, &server, ctx.client, ctx.server);
        result = pair_handshake(client, server);
        pair_show("handshake", &result);
        show_response("client", client);
        show_response("server", server);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

static int tell_type(SSL *ssl, void *arg)
{
    void *ids = &arg;

    printf("  %s: type %ld, ids %ld\n", (const char *)arg, SSL_get_tlsext_status_type(ssl), SSL_get_tlsext_status_ids(ssl, &ids));
    return 1;
}

static int tell_type_to_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    return tell_type(ssl, arg) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* A server that fetches the response while it waits for a certificate must know that one is asked for. */
static void known_to_earlier_callbacks(int version)
{
    for (int type = -1; type <= TLSEXT_STATUSTYPE_ocsp; type += 2) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL *client, *server;

        SSL_CTX_set_tlsext_status_type(ctx.client, type);
        SSL_CTX_set_cert_cb(ctx.server, tell_type, "certificate callback");
        SSL_CTX_set_tlsext_servername_callback(ctx.server, tell_type_to_name);
        SSL_CTX_set_tlsext_servername_arg(ctx.server, "server-name callback");
        pair_new(&client, &server, ctx.client, ctx.server);
        SSL_set_tlsext_host_name(client, "localhost");
        SHOW(pair_handshake(client, server).ok);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* Which callbacks run when a session is resumed. */
static void resumed(int version)
{
    struct contexts ctx = plan_contexts(&plans[0], version);
    SSL *client, *server;
    SSL_SESSION *session;

    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "data", 4));
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    pair_free(client, server);
    printf("-- again\n");
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_session(client, session);
    SSL_SESSION_free(session);
    SHOW(pair_handshake(client, server).ok);
    SHOW(SSL_session_reused(client));
    show_response("client", client);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Several certificates: the callback sees the one that will be sent. */
static void several_certificates(int version)
{
    struct contexts ctx = plan_contexts(&plans[0], version);
    SSL *client, *server;

    SSL_CTX_use_certificate_file(ctx.server, pki("rsa.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx.server, pki("rsa.key"), SSL_FILETYPE_PEM);
    for (int i = 0; i < 2; i++) {
        pair_new(&client, &server, ctx.client, ctx.server);
        SHOW(SSL_set1_sigalgs_list(client, i == 0 ? "RSA-PSS+SHA256" : "ECDSA+SHA256"));
        SHOW(pair_handshake(client, server).ok);
        pair_free(client, server);
    }
    contexts_free(&ctx);
}

int main(void)
{
    settings();
    in_both_versions("exchange", exchange);
    in_both_versions("known to earlier callbacks", known_to_earlier_callbacks);
    in_both_versions("several certificates", several_certificates);
    in_both_versions("resumed", resumed);
    return 0;
}
