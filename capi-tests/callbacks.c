/* Callbacks: what the info callback sees and when, key log, certificate callbacks with pauses, calls back into the library. */
#include "call.h"

/* ---- the info callback ---- */

static void info(const SSL *ssl, int where, int value)
{
    const char *side = SSL_is_server(ssl) ? "server" : "client";

    if (where & SSL_CB_ALERT)
        printf("  %s: alert %s %s:%s\n", side, where & SSL_CB_READ ? "read" : "written", SSL_alert_type_string_long(value), SSL_alert_desc_string_long(value));
    else if (where & SSL_CB_LOOP)
        printf("  %s: %04x %s\n", side, where, SSL_state_string_long(ssl));
    else if (where & SSL_CB_EXIT)
        printf("  %s: %04x exit %d %s\n", side, where, value, SSL_state_string_long(ssl));
    else
        printf("  %s: %s %d %s\n", side, where & SSL_CB_HANDSHAKE_START ? "start" : where & SSL_CB_HANDSHAKE_DONE ? "done" : "other", value, SSL_state_string_long(ssl));
}

static struct contexts with_info(const char *cert, int version)
{
    struct contexts ctx = contexts_new(cert, version);

    SSL_CTX_set_info_callback(ctx.client, info);
    SSL_CTX_set_info_callback(ctx.server, info);
    return ctx;
}

static void full(int version)
{
    struct contexts ctx = with_info("ecdsa", version);
    SSL *client, *server;

    CHECK(SSL_CTX_get_info_callback(ctx.client) == info);
    pair_new(&client, &server, ctx.client, ctx.server);
    CHECK(SSL_get_info_callback(client) == NULL);
    SHOW(pair_handshake(client, server).ok);
    printf("-- what comes after the handshake\n");
    pair_settle(client);
    printf("-- data\n");
    CHECK(pair_transfer(client, server, "data", 4));
    printf("-- shutdown\n");
    CALL(client, SSL_shutdown(client));
    CALL(server, SSL_shutdown(server));
    CALL(server, SSL_shutdown(server));
    CALL(client, SSL_shutdown(client));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* A hello that cannot be sent is not left behind. */
static void no_transport(int version)
{
    struct contexts ctx = with_info("ecdsa", version);
    SSL *client = SSL_new(ctx.client), *server = SSL_new(ctx.server);

    CHECK(SSL_set_fd(client, -1) == 1 && SSL_set_fd(server, -1) == 1);
    SHOW(SSL_connect(client));
    SHOW(SSL_get_error(client, -1));
    SHOW(SSL_accept(server));
    SHOW(SSL_get_error(server, -1));
    SSL_free(client);
    SSL_free(server);
    contexts_free(&ctx);
}

static void client_certificate(int version)
{
    struct contexts ctx = with_info("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void resumed(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    SSL_SESSION *session;

    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    CHECK(pair_transfer(client, server, "data", 4));
    pair_settle(client);
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    pair_free(client, server);
    SSL_CTX_set_info_callback(ctx.client, info);
    SSL_CTX_set_info_callback(ctx.server, info);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_session(client, session);
    SSL_SESSION_free(session);
    SHOW(pair_handshake(client, server).ok);
    SHOW(SSL_session_reused(client));
    printf("-- what comes after the handshake\n");
    pair_settle(client);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void failures(int version)
{
    static const char *const certs[] = { "expired", NULL };

    for (int i = 0; i < 2; i++) {
        struct contexts ctx = with_info(certs[i], version);
        SSL *client, *server;

        printf("-- %s\n", certs[i] == NULL ? "no certificate" : certs[i]);
        pair_new(&client, &server, ctx.client, ctx.server);
        SHOW(pair_handshake(client, server).ok);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* A group that the client did not send a key for. */
static void second_hello(void)
{
    struct contexts ctx = with_info("ecdsa", TLS1_3_VERSION);
    SSL *client, *server;

    SECTION("HelloRetryRequest");
    SSL_CTX_set1_groups_list(ctx.client, "X25519:P-256");
    SSL_CTX_set1_groups_list(ctx.server, "P-256");
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void other_info(const SSL *ssl, int where, int value)
{
    (void)value;
    if (where & SSL_CB_HANDSHAKE_DONE)
        printf("  other callback: done, server %d\n", SSL_is_server(ssl));
}

/* The connection's callback counts more than the context's. */
static void of_connection(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_set_info_callback(ctx.client, info);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_info_callback(client, other_info);
    SSL_set_info_callback(server, other_info);
    CHECK(SSL_get_info_callback(client) == other_info);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- key log ---- */

static int keylog_lines;

static void keylog(const SSL *ssl, const char *line)
{
    size_t label = strcspn(line, " "), random = strcspn(line + label + 1, " ");

    keylog_lines++;
    printf("  server %d: %.*s, random of %zu digits, secret of %zu digits\n", SSL_is_server(ssl), (int)label, line, random,
           strlen(line) - label - random - 2);
}

static void key_log(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    CHECK(SSL_CTX_get_keylog_callback(ctx.client) == NULL);
    SSL_CTX_set_ciphersuites(ctx.client, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(ctx.client, keylog);
    CHECK(SSL_CTX_get_keylog_callback(ctx.client) == keylog);
    SSL_CTX_set_keylog_callback(ctx.server, keylog);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    contexts_free(&ctx);
}

static char kept_lines[2][16][400];
static int kept[2];

static void keep_line(const SSL *ssl, const char *line)
{
    int side = SSL_is_server(ssl);

    if (kept[side] < 16)
        snprintf(kept_lines[side][kept[side]++], 400, "%s", line);
}

static void same_secrets(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;
    int found = 0;

    kept[0] = kept[1] = 0;
    SSL_CTX_set_keylog_callback(ctx.client, keep_line);
    SSL_CTX_set_keylog_callback(ctx.server, keep_line);
    pair_new(&client, &server, ctx.client, ctx.server);
    pair_connect(client, server);
    for (int i = 0; i < kept[0]; i++)
        for (int j = 0; j < kept[1]; j++)
            found += strcmp(kept_lines[0][i], kept_lines[1][j]) == 0;
    SHOW(kept[0]);
    SHOW(found);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- certificate callbacks ---- */

struct supply {
    const char *name;
    int pauses, answer, calls;
};

/* Loads the certificate when it is asked for; pauses before if told to. */
static int supply(SSL *ssl, void *arg)
{
    struct supply *supply = arg;

    supply->calls++;
    printf("  certificate callback %d: server %d, state %s\n", supply->calls, SSL_is_server(ssl), SSL_state_string_long(ssl));
    if (supply->calls <= supply->pauses)
        return -1;
    if (supply->name != NULL) {
        SHOW(SSL_use_certificate_file(ssl, pki_of(supply->name, ".pem"), SSL_FILETYPE_PEM));
        SHOW(SSL_use_PrivateKey_file(ssl, pki_of(supply->name, ".key"), SSL_FILETYPE_PEM));
    }
    return supply->answer;
}

static void drive(SSL *client, SSL *server)
{
    int a = -1, b = -1;

    for (int call = 0; call < 6 && (a != 1 || b != 1); call++) {
        if (a != 1) {
            ERR_clear_error();
            a = SSL_do_handshake(client);
            call_show("client", client, a);
        }
        if (b != 1) {
            ERR_clear_error();
            b = SSL_do_handshake(server);
            call_show("server", server, b);
        }
        if ((a != 1 && SSL_get_error(client, a) == SSL_ERROR_SSL) || (b != 1 && SSL_get_error(server, b) == SSL_ERROR_SSL))
            break;
    }
}

static void certificate_callback(int version)
{
    static const struct supply supplies[] = { { "ecdsa", 0, 1, 0 }, { "ecdsa", 2, 1, 0 }, { NULL, 0, 1, 0 }, { "ecdsa", 0, 0, 0 }, { "ecdsa", 1, 0, 0 } };

    for (size_t i = 0; i < sizeof supplies / sizeof *supplies; i++) {
        struct contexts ctx = contexts_new(NULL, version);
        struct supply given = supplies[i];
        SSL *client, *server;

        printf("-- server: certificate %s, %d pauses, answers %d\n", given.name == NULL ? "none" : given.name, given.pauses, given.answer);
        SSL_CTX_set_cert_cb(ctx.server, supply, &given);
        pair_new(&client, &server, ctx.client, ctx.server);
        drive(client, server);
        SHOW(given.calls);
        SHOW(SSL_want_x509_lookup(server));
        pair_free(client, server);
        contexts_free(&ctx);
    }
    for (int pauses = 0; pauses < 2; pauses++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        struct supply given = { "client", pauses, 1, 0 };
        SSL *client, *server;

        printf("-- client: %d pauses\n", pauses);
        SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        pair_new(&client, &server, ctx.client, ctx.server);
        SSL_set_cert_cb(client, supply, &given);
        drive(client, server);
        SHOW(given.calls);
        SHOW(SSL_get_verify_result(server));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

static int client_calls, client_pauses, client_gives;

static int client_supply(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    BIO *in;

    client_calls++;
    printf("  client certificate callback %d: state %s\n", client_calls, SSL_state_string_long(ssl));
    if (client_calls <= client_pauses)
        return -1;
    if (!client_gives)
        return 0;
    in = BIO_new_file(pki("client.pem"), "r");
    *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
    BIO_free(in);
    in = BIO_new_file(pki("client.key"), "r");
    *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    return 1;
}

static void client_certificate_callback(int version)
{
    static const struct { int pauses, gives, asked, loaded; } tries[] = { { 0, 1, 1, 0 }, { 2, 1, 1, 0 }, { 0, 0, 1, 0 }, { 0, 1, 0, 0 }, { 0, 1, 1, 1 } };

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL *client, *server;

        printf("-- %d pauses, gives %d, server asks %d, certificate loaded %d\n", tries[i].pauses, tries[i].gives, tries[i].asked, tries[i].loaded);
        client_calls = 0;
        client_pauses = tries[i].pauses;
        client_gives = tries[i].gives;
        SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
        SSL_CTX_set_verify(ctx.server, tries[i].asked ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_client_cert_cb(ctx.client, client_supply);
        CHECK(SSL_CTX_get_client_cert_cb(ctx.client) == client_supply);
        if (tries[i].loaded) {
            SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM);
            SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM);
        }
        pair_new(&client, &server, ctx.client, ctx.server);
        drive(client, server);
        SHOW(client_calls);
        SHOW_PTR(SSL_get0_peer_certificate(server));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* ---- calls back into the library on the same connection ---- */

static int reentries;

/* Asks the connection everything that can be asked while it is in a call of its own. */
static void question(SSL *ssl)
{
    unsigned char bytes[64];
    const unsigned char *protocol;
    unsigned len;

    reentries++;
    (void)SSL_get_version(ssl);
    (void)SSL_get_current_cipher(ssl);
    (void)SSL_state_string_long(ssl);
    (void)SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)SSL_pending(ssl);
    (void)SSL_has_pending(ssl);
    (void)SSL_get_verify_result(ssl);
    (void)SSL_get0_peer_certificate(ssl);
    (void)SSL_get_peer_cert_chain(ssl);
    (void)SSL_get_shutdown(ssl);
    (void)SSL_get_session(ssl);
    (void)SSL_session_reused(ssl);
    (void)SSL_get_options(ssl);
    (void)SSL_get_SSL_CTX(ssl);
    (void)SSL_get_rbio(ssl);
    (void)SSL_get_client_random(ssl, bytes, sizeof bytes);
    (void)SSL_get_finished(ssl, bytes, sizeof bytes);
    SSL_get0_alpn_selected(ssl, &protocol, &len);
    SSL_set_app_data(ssl, SSL_get_app_data(ssl));
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
    ERR_clear_error();
}

static void ask_in_info(const SSL *ssl, int where, int value)
{
    (void)where;
    (void)value;
    question((SSL *)ssl);
}

static int ask_in_verify(int ok, X509_STORE_CTX *store)
{
    question(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return ok;
}

static int ask_in_cert(SSL *ssl, void *arg)
{
    (void)arg;
    question(ssl);
    return 1;
}

static int ask_in_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    question(ssl);
    return SSL_TLSEXT_ERR_OK;
}

static int ask_in_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    (void)inlen;
    (void)arg;
    question(ssl);
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static int ask_in_hello(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    question(ssl);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void ask_in_keylog(const SSL *ssl, const char *line)
{
    (void)line;
    question((SSL *)ssl);
}

static int ask_in_session(SSL *ssl, SSL_SESSION *session)
{
    (void)session;
    question(ssl);
    return 0;
}

static void asking(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL_CTX *both[2] = { ctx.client, ctx.server };
    SSL *client, *server;

    reentries = 0;
    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM);
    for (int i = 0; i < 2; i++) {
        SSL_CTX_set_verify(both[i], SSL_VERIFY_PEER, ask_in_verify);
        SSL_CTX_set_info_callback(both[i], ask_in_info);
        SSL_CTX_set_cert_cb(both[i], ask_in_cert, NULL);
        SSL_CTX_set_keylog_callback(both[i], ask_in_keylog);
        SSL_CTX_set_session_cache_mode(both[i], SSL_SESS_CACHE_BOTH);
        SSL_CTX_sess_set_new_cb(both[i], ask_in_session);
    }
    SSL_CTX_set_session_id_context(ctx.server, (const unsigned char *)"test", 4);
    SSL_CTX_set_tlsext_servername_callback(ctx.server, ask_in_name);
    SSL_CTX_set_alpn_select_cb(ctx.server, ask_in_alpn, NULL);
    SSL_CTX_set_client_hello_cb(ctx.server, ask_in_hello, NULL);
    SSL_CTX_set_alpn_protos(ctx.client, (const unsigned char *)"\x02h2", 3);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_tlsext_host_name(client, "localhost");
    SHOW(pair_handshake(client, server).ok);
    CHECK(pair_transfer(client, server, "question", 8));
    CHECK(pair_transfer(server, client, "answer", 6));
    CALL(client, SSL_shutdown(client));
    CALL(server, SSL_shutdown(server));
    CHECK(reentries > 20);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* A callback that makes another connection, handshake and all, before the first goes on. */
static int nested_done;

static int nested(SSL *ssl, void *arg)
{
    struct contexts *ctx = arg;
    SSL *client, *server;

    (void)ssl;
    pair_new(&client, &server, ctx->client, ctx->server);
    nested_done = pair_handshake(client, server).ok && pair_transfer(client, server, "inside", 6);
    pair_free(client, server);
    return 1;
}

static void nested_handshake(int version)
{
    struct contexts inner = contexts_new("rsa", version), ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    nested_done = 0;
    SSL_CTX_set_cert_cb(ctx.server, nested, &inner);
    SSL_CTX_set_info_callback(inner.client, other_info);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    SHOW(nested_done);
    CHECK(pair_transfer(client, server, "outside", 7));
    pair_free(client, server);
    contexts_free(&inner);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("info: full handshake", full);
    in_both_versions("info: nothing to send by", no_transport);
    in_both_versions("info: client certificate", client_certificate);
    in_both_versions("info: resumed", resumed);
    in_both_versions("info: failures", failures);
    second_hello();
    in_both_versions("info: of the connection", of_connection);
    in_both_versions("key log", key_log);
    in_both_versions("key log: the same secrets on both sides", same_secrets);
    in_both_versions("certificate callback", certificate_callback);
    in_both_versions("client certificate callback", client_certificate_callback);
    in_both_versions("calls back into the library", asking);
    in_both_versions("a handshake inside a callback", nested_handshake);
    return 0;
}
