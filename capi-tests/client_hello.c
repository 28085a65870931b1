/* Server names on both sides, the name callback's answers, SSL_set_SSL_CTX, and the client-hello callback. */
#include "call.h"

static void show_name(const char *label, const SSL *ssl)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    printf("  %s: name %s, type %d\n", label, name == NULL ? "(null)" : name, SSL_get_servername_type(ssl));
}

/* ---- setting ---- */

static void setting(void)
{
    SSL_CTX *ctx = new_client_ctx();
    SSL *ssl = SSL_new(ctx);
    char longest[300];

    SECTION("setting");
    show_name("fresh", ssl);
    SHOW(SSL_set_tlsext_host_name(ssl, "one.example"));
    show_name("set", ssl);
    SHOW(SSL_set_tlsext_host_name(ssl, "two.example"));
    show_name("set again", ssl);
    SHOW(SSL_set_tlsext_host_name(ssl, ""));
    SHOW_ERR();
    show_name("empty", ssl);
    memset(longest, 'a', sizeof longest);
    longest[255] = '\0';
    SHOW(SSL_set_tlsext_host_name(ssl, longest));
    SHOW_ERR();
    longest[255] = 'a';
    longest[256] = '\0';
    SHOW(SSL_set_tlsext_host_name(ssl, longest));
    SHOW_ERR();
    SHOW(SSL_set_tlsext_host_name(ssl, NULL));
    show_name("removed", ssl);
    SHOW(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, 1, (char *)"x.example"));
    SHOW_ERR();
    SHOW_PTR(SSL_get_servername(ssl, 1));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* ---- the name callback ---- */

struct answer {
    int ret, alert;
    SSL_CTX *other;
};

static int named(SSL *ssl, int *alert, void *arg)
{
    const struct answer *answer = arg;

    printf("  callback: name %s, alert %d, argument %d\n", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == NULL ? "(null)" : SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
           *alert, answer != NULL);
    if (answer == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    if (answer->alert != 0)
        *alert = answer->alert;
    if (answer->other != NULL)
        CHECK(SSL_set_SSL_CTX(ssl, answer->other) == answer->other);
    return answer->ret;
}

static int alerts_sent, alerts_received;

static void watch_alerts(const SSL *ssl, int where, int value)
{
    (void)ssl;
    if ((where & SSL_CB_ALERT) == 0)
        return;
    if (where & SSL_CB_WRITE)
        alerts_sent = value;
    else
        alerts_received = value;
}

static void run(int version, const char *label, const char *name, const struct answer *answer)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    struct pair_result result;

    printf("-- %s\n", label);
    alerts_sent = alerts_received = -1;
    SSL_CTX_set_info_callback(ctx.server, watch_alerts);
    SSL_CTX_set_tlsext_servername_callback(ctx.server, named);
    SSL_CTX_set_tlsext_servername_arg(ctx.server, (void *)answer);
    pair_new(&client, &server, ctx.client, ctx.server);
    if (name != NULL)
        SSL_set_tlsext_host_name(client, name);
    result = pair_handshake(client, server);
    pair_show("  handshake", &result);
    printf("  server sent alert %d\n", alerts_sent);
    show_name("client", client);
    show_name("server", server);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void callback(int version)
{
    static const struct answer ok = { SSL_TLSEXT_ERR_OK, 0, NULL }, none = { SSL_TLSEXT_ERR_NOACK, 0, NULL }, fatal = { SSL_TLSEXT_ERR_ALERT_FATAL, 0, NULL },
                               internal = { SSL_TLSEXT_ERR_ALERT_FATAL, SSL_AD_INTERNAL_ERROR, NULL }, warning = { SSL_TLSEXT_ERR_ALERT_WARNING, 0, NULL };

    run(version, "ok", "one.example", &ok);
    run(version, "ok, no name", NULL, &ok);
    run(version, "no acknowledgement", "one.example", &none);
    run(version, "no argument", "one.example", NULL);
    run(version, "fatal", "one.example", &fatal);
    run(version, "fatal, no name", NULL, &fatal);
    run(version, "fatal with another alert", "one.example", &internal);
    run(version, "warning", "one.example", &warning);
}

/* A client's is called, too, when the server has answered, whether or not there was a name. */
static SSL_SESSION *run_client(struct contexts *ctx, const char *label, const char *name, SSL_SESSION *session)
{
    SSL *client, *server;
    struct pair_result result;

    printf("-- %s\n", label);
    pair_new(&client, &server, ctx->client, ctx->server);
    if (name != NULL)
        SSL_set_tlsext_host_name(client, name);
    SSL_set_session(client, session);
    SSL_SESSION_free(session);
    result = pair_handshake(client, server);
    pair_show("  handshake", &result);
    if (result.ok) {
        CHECK(pair_transfer(server, client, "answer", 6));
        printf("  reused %d\n", SSL_session_reused(client));
    }
    session = SSL_get1_session(client);
    pair_free(client, server);
    return session;
}

static void client_callback(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct answer answer = { SSL_TLSEXT_ERR_OK, 0, NULL };
    SSL_SESSION *session;

    SSL_CTX_set_tlsext_servername_callback(ctx.client, named);
    SSL_CTX_set_tlsext_servername_arg(ctx.client, &answer);
    session = run_client(&ctx, "client: ok", "one.example", NULL);
    session = run_client(&ctx, "client: resumed", "one.example", session);
    answer.ret = SSL_TLSEXT_ERR_NOACK;
    SSL_SESSION_free(run_client(&ctx, "client: no name", NULL, NULL));
    answer.ret = SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_SESSION_free(run_client(&ctx, "client: fatal", "one.example", NULL));
    answer.alert = SSL_AD_INTERNAL_ERROR;
    SSL_SESSION_free(run_client(&ctx, "client: fatal with another alert", NULL, NULL));
    SSL_SESSION_free(session);
    contexts_free(&ctx);
}

/* ---- another context ---- */

static void show_cert(const char *label, SSL *ssl)
{
    X509 *cert = SSL_get0_peer_certificate(ssl);

    printf("  %s: peer's key type %d\n", label, cert == NULL ? -1 : EVP_PKEY_get_base_id(X509_get0_pubkey(cert)));
}

static void another_context(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    struct answer answer = { SSL_TLSEXT_ERR_OK, 0, new_server_ctx("rsa") };
    SSL *client, *server;

    SSL_CTX_set_app_data(ctx.server, (char *)"first");
    SSL_CTX_set_app_data(answer.other, (char *)"second");
    SSL_CTX_set_options(answer.other, SSL_OP_NO_TICKET);
    SSL_CTX_set_verify(answer.other, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_max_proto_version(answer.other, TLS1_2_VERSION);
    SSL_CTX_set_tlsext_servername_callback(ctx.server, named);
    SSL_CTX_set_tlsext_servername_arg(ctx.server, &answer);
    pair_new(&client, &server, ctx.client, ctx.server);
    CHECK(SSL_get_SSL_CTX(server) == ctx.server);
    SSL_set_tlsext_host_name(client, "one.example");
    SHOW(pair_handshake(client, server).ok);
    CHECK(SSL_get_SSL_CTX(server) == answer.other);
    SHOW_STR(SSL_CTX_get_app_data(SSL_get_SSL_CTX(server)));
    show_cert("client", client);
    SHOW_STR(SSL_get_version(client));
    /* a connection's own settings were copied when it was made */
    SHOW(SSL_get_verify_mode(server));
    SHOW((SSL_get_options(server) & SSL_OP_NO_TICKET) != 0);
    SSL_CTX_free(answer.other);
    CHECK(pair_transfer(client, server, "question", 8));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Outside of a handshake too, and back to the one it was made from. */
static void set_by_hand(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL_CTX *other = new_server_ctx("rsa");
    SSL *client, *server;

    SECTION("SSL_set_SSL_CTX before the handshake");
    pair_new(&client, &server, ctx.client, ctx.server);
    CHECK(SSL_set_SSL_CTX(server, ctx.server) == ctx.server);
    CHECK(SSL_set_SSL_CTX(server, other) == other);
    SHOW(pair_handshake(client, server).ok);
    show_cert("client", client);
    CHECK(SSL_set_SSL_CTX(server, NULL) == ctx.server);
    CHECK(SSL_get_SSL_CTX(server) == ctx.server);
    pair_free(client, server);
    SSL_CTX_free(other);
    contexts_free(&ctx);
}

/* ---- the client-hello callback ---- */

static int hello_calls, hello_pauses, hello_answer;

static void show_extension(SSL *ssl, unsigned type, const char *name)
{
    const unsigned char *data = NULL;
    size_t len = 0;

    printf("  extension %s: %d", name, SSL_client_hello_get0_ext(ssl, type, &data, &len));
    if (type == TLSEXT_TYPE_server_name || type == TLSEXT_TYPE_application_layer_protocol_negotiation)
        printf(" of %zu bytes", len);
    printf("\n");
}

static int hello(SSL *ssl, int *alert, void *arg)
{
    const unsigned char *data = NULL;
    int *types = NULL, known = 0;
    size_t len = 0, count = 0;

    hello_calls++;
    printf("  callback %d: argument \"%s\", alert %d, state %s\n", hello_calls, (const char *)arg, *alert, SSL_state_string_long(ssl));
    if (hello_calls <= hello_pauses)
        return SSL_CLIENT_HELLO_RETRY;
    printf("  is version 2: %d, legacy version %04x\n", SSL_client_hello_isv2(ssl), SSL_client_hello_get0_legacy_version(ssl));
    printf("  random of %zu bytes", SSL_client_hello_get0_random(ssl, &data));
    len = SSL_client_hello_get0_session_id(ssl, &data);
    printf(", session id of none or 32 bytes: %d", len == 32 || len == 0);
    len = SSL_client_hello_get0_ciphers(ssl, &data);
    printf(", ciphers: some %d, even %d", len > 2, len % 2 == 0);
    len = SSL_client_hello_get0_compression_methods(ssl, &data);
    printf(", compression methods %zu\n", len);
    show_extension(ssl, TLSEXT_TYPE_server_name, "server_name");
    show_extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, "ALPN");
    show_extension(ssl, TLSEXT_TYPE_supported_groups, "groups");
    show_extension(ssl, TLSEXT_TYPE_signature_algorithms, "signature algorithms");
    show_extension(ssl, 0xfff0, "unknown");
    SHOW(SSL_client_hello_get1_extensions_present(ssl, &types, &count));
    for (size_t i = 0; i < count; i++)
        known += types[i] == TLSEXT_TYPE_server_name || types[i] == TLSEXT_TYPE_supported_groups || types[i] == TLSEXT_TYPE_signature_algorithms;
    SHOW(known);
    OPENSSL_free(types);
    /* the name as the library sees it is not known yet in this callback, but afterwards */
    *alert = SSL_AD_ACCESS_DENIED;
    return hello_answer;
}

static void hello_callback(int version)
{
    static const struct { const char *name; int pauses, answer; } tries[] = {
        { "goes on", 0, SSL_CLIENT_HELLO_SUCCESS }, { "pauses twice", 2, SSL_CLIENT_HELLO_SUCCESS }, { "refuses", 0, SSL_CLIENT_HELLO_ERROR },
        { "pauses, then refuses", 1, SSL_CLIENT_HELLO_ERROR },
    };

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL *client, *server;
        int ret = -1;

        printf("-- %s\n", tries[i].name);
        hello_calls = 0;
        hello_pauses = tries[i].pauses;
        hello_answer = tries[i].answer;
        SSL_CTX_set_client_hello_cb(ctx.server, hello, (char *)"argument");
        SSL_CTX_set_alpn_protos(ctx.client, (const unsigned char *)"\x02h2", 3);
        pair_new(&client, &server, ctx.client, ctx.server);
        SSL_set_tlsext_host_name(client, "one.example");
        CALL(client, SSL_do_handshake(client));
        for (int call = 0; call < 4 && ret != 1; call++) {
            ERR_clear_error();
            ret = SSL_do_handshake(server);
            call_show("SSL_do_handshake(server)", server, ret);
            if (SSL_get_error(server, ret) == SSL_ERROR_WANT_CLIENT_HELLO_CB)
                continue;
            CALL(client, SSL_do_handshake(client));
        }
        SHOW(hello_calls);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* Outside of the callback the getters know nothing. */
static void outside(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *client, *server;
    const unsigned char *data;
    int *types = NULL;
    size_t len = 9;

    SECTION("outside of the client-hello callback");
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    SHOW(SSL_client_hello_isv2(server));
    SHOW(SSL_client_hello_get0_legacy_version(server));
    SHOW(SSL_client_hello_get0_random(server, &data));
    SHOW(SSL_client_hello_get0_session_id(server, &data));
    SHOW(SSL_client_hello_get0_ciphers(server, &data));
    SHOW(SSL_client_hello_get0_compression_methods(server, &data));
    SHOW(SSL_client_hello_get0_ext(server, TLSEXT_TYPE_supported_groups, &data, &len));
    SHOW(SSL_client_hello_get1_extensions_present(server, &types, &len));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* Order: client hello, server name, certificate. */
static int order_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    printf("  client hello, name %s\n", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == NULL ? "not known" : "known");
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int order_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    printf("  server name, version %s\n", SSL_get_version(ssl));
    return SSL_TLSEXT_ERR_OK;
}

static int order_cert(SSL *ssl, void *arg)
{
    (void)arg;
    printf("  certificate, name %s, version %s\n", SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), SSL_get_version(ssl));
    return 1;
}

static int order_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    (void)inlen;
    (void)arg;
    *out = in + 1;
    *outlen = in[0];
    printf("  ALPN, cipher %s\n", SSL_get_current_cipher(ssl) == NULL ? "not known" : "known");
    return SSL_TLSEXT_ERR_OK;
}

static void order(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_set_client_hello_cb(ctx.server, order_hello, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx.server, order_name);
    SSL_CTX_set_cert_cb(ctx.server, order_cert, NULL);
    SSL_CTX_set_alpn_select_cb(ctx.server, order_alpn, NULL);
    SSL_CTX_set_alpn_protos(ctx.client, (const unsigned char *)"\x02h2", 3);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_tlsext_host_name(client, "one.example");
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    setting();
    in_both_versions("name callback", callback);
    in_both_versions("client's name callback", client_callback);
    in_both_versions("another context", another_context);
    set_by_hand();
    in_both_versions("client-hello callback", hello_callback);
    outside();
    in_both_versions("order of the server's callbacks", order);
    return 0;
}
