/* Verification as a program sees it: modes, depth, results, the callbacks' view, names, parameters, stores. */
#include "call.h"

#include <openssl/x509v3.h>

/* ---- printing ---- */

static void show_name(const char *label, const X509 *cert)
{
    char text[200];

    if (cert == NULL)
        printf("%s none\n", label);
    else
        printf("%s %s\n", label, X509_NAME_oneline(X509_get_subject_name(cert), text, sizeof text));
}

static void show_chain(const char *label, STACK_OF(X509) *chain)
{
    printf("%s: %d certificates\n", label, sk_X509_num(chain));
    for (int i = 0; i < sk_X509_num(chain); i++)
        show_name("  ", sk_X509_value(chain, i));
}

static void show_peer(const char *label, SSL *ssl)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);

    printf("%s: result %ld (%s), peer name %s\n", label, SSL_get_verify_result(ssl), X509_verify_cert_error_string(SSL_get_verify_result(ssl)),
           SSL_get0_peername(ssl) == NULL ? "(null)" : SSL_get0_peername(ssl));
    show_name("peer certificate", cert);
    CHECK(cert == SSL_get0_peer_certificate(ssl));
    X509_free(cert);
    show_chain("peer chain", SSL_get_peer_cert_chain(ssl));
    show_chain("verified chain", SSL_get0_verified_chain(ssl));
}

static void show_handshake(SSL *client, SSL *server)
{
    struct pair_result result = pair_handshake(client, server);

    pair_show("handshake", &result);
}

/* ---- the callback ---- */

static int force = -1; /* what the callback answers; -1 for what it was told */

static int watch(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    char text[200] = "none";

    if (cert != NULL)
        X509_NAME_oneline(X509_get_subject_name(cert), text, sizeof text);
    printf("  callback: ok %d depth %d error %d %s; server %d, SSL's data \"%s\"\n", ok, X509_STORE_CTX_get_error_depth(store),
           X509_STORE_CTX_get_error(store), text, SSL_is_server(ssl), (const char *)SSL_get_app_data(ssl));
    return force < 0 ? ok : force;
}

static void callback_order(int version)
{
    static const char *const certs[] = { "ecdsa", "ecdsa-chain", "deep-chain", "expired", "selfsigned", "client-wrongca", "ecdsa-leaf", "client", "twin" };

    for (force = -1; force <= 1; force++) {
        for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
            struct contexts ctx = contexts_new(certs[i], version);
            SSL *client, *server;

            printf("-- %s, callback answers %d\n", certs[i], force);
            SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, watch);
            pair_new(&client, &server, ctx.client, ctx.server);
            SSL_set_app_data(client, (char *)"client's");
            show_handshake(client, server);
            show_peer("client", client);
            pair_free(client, server);
            contexts_free(&ctx);
        }
    }
    force = -1;
}

static void server_side(int version)
{
    static const char *const certs[] = { NULL, "client", "client-chain", "client-expired", "client-wrongca", "serveronly" };
    static const int modes[] = { SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE };

    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
            struct contexts ctx = contexts_new("ecdsa", version);
            SSL *client, *server;

            printf("-- mode %d, client has %s\n", modes[m], certs[i] == NULL ? "nothing" : certs[i]);
            SSL_CTX_load_verify_locations(ctx.server, pki("ca.pem"), NULL);
            SSL_CTX_set_verify(ctx.server, modes[m], watch);
            if (certs[i] != NULL) {
                SSL_CTX_use_certificate_chain_file(ctx.client, pki_of(certs[i], ".pem"));
                SSL_CTX_use_PrivateKey_file(ctx.client, pki_of(certs[i], ".key"), SSL_FILETYPE_PEM);
            }
            pair_new(&client, &server, ctx.client, ctx.server);
            SSL_set_app_data(server, (char *)"server's");
            show_handshake(client, server);
            show_peer("server", server);
            pair_free(client, server);
            contexts_free(&ctx);
        }
    }
}

/* VERIFY_NONE: the chain is verified all the same, the result is kept, nothing fails. */
static void not_required(int version)
{
    static const char *const certs[] = { "ecdsa", "expired", "selfsigned", "client-wrongca", "ecdsa-leaf", "wronghost" };

    for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
        struct contexts ctx = contexts_new(certs[i], version);
        SSL *client, *server;

        printf("-- %s\n", certs[i]);
        SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
        pair_new(&client, &server, ctx.client, ctx.server);
        SSL_set1_host(client, "localhost");
        show_handshake(client, server);
        show_peer("client", client);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* ---- callbacks that change the verdict ---- */

static int forget_error(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static int invent_error(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REVOKED);
    return X509_STORE_CTX_get_error_depth(store) > 0;
}

static void verdict_changed(int version)
{
    static int (*const callbacks[])(int, X509_STORE_CTX *) = { forget_error, invent_error };

    for (int i = 0; i < 2; i++) {
        struct contexts ctx = contexts_new(i == 0 ? "expired" : "ecdsa", version);
        SSL *client, *server;

        printf("-- %s\n", i == 0 ? "a failure is forgotten" : "a failure is invented");
        SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, callbacks[i]);
        pair_new(&client, &server, ctx.client, ctx.server);
        show_handshake(client, server);
        show_peer("client", client);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

static int whole_answer, whole_error;

static int whole(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    int verdict;

    printf("  whole callback: \"%s\" server %d\n", (const char *)arg, SSL_is_server(ssl));
    show_name("  to verify", X509_STORE_CTX_get0_cert(store));
    printf("  untrusted %d, depth %d, purpose set %d\n", sk_X509_num(X509_STORE_CTX_get0_untrusted(store)),
           X509_VERIFY_PARAM_get_depth(X509_STORE_CTX_get0_param(store)), X509_STORE_CTX_get0_param(store) != NULL);
    if (whole_answer == 2) {
        verdict = X509_verify_cert(store);
        printf("  X509_verify_cert says %d, %d\n", verdict, X509_STORE_CTX_get_error(store));
        return verdict;
    }
    X509_STORE_CTX_set_error(store, whole_error);
    return whole_answer;
}

static void whole_callback(int version)
{
    static const struct { int answer, error; const char *cert; } tries[] = {
        { 2, 0, "ecdsa" }, { 2, 0, "expired" }, { 1, X509_V_OK, "selfsigned" }, { 1, X509_V_ERR_CERT_UNTRUSTED, "selfsigned" },
        { 0, X509_V_ERR_CERT_REVOKED, "ecdsa" }, { 0, X509_V_OK, "ecdsa" }, { -1, X509_V_ERR_CERT_HAS_EXPIRED, "ecdsa" },
    };

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct contexts ctx = contexts_new(tries[i].cert, version);
        SSL *client, *server;

        printf("-- %s: answers %d with error %d\n", tries[i].cert, tries[i].answer, tries[i].error);
        whole_answer = tries[i].answer;
        whole_error = tries[i].error;
        SSL_CTX_set_cert_verify_callback(ctx.client, whole, (char *)"argument");
        pair_new(&client, &server, ctx.client, ctx.server);
        show_handshake(client, server);
        show_peer("client", client);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* ---- getters and setters ---- */

static int other(int ok, X509_STORE_CTX *store)
{
    (void)store;
    return ok;
}

static void settings(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *ssl;

    SECTION("settings");
    SHOW(SSL_CTX_get_verify_mode(ctx.client));
    SHOW(SSL_CTX_get_verify_mode(ctx.server));
    SHOW(SSL_CTX_get_verify_depth(ctx.client));
    SHOW(SSL_CTX_get_verify_callback(ctx.client) == NULL);
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, watch);
    SSL_CTX_set_verify_depth(ctx.client, 3);
    ssl = SSL_new(ctx.client);
    SHOW(SSL_get_verify_mode(ssl));
    SHOW(SSL_get_verify_depth(ssl));
    SHOW(SSL_get_verify_callback(ssl) == watch);
    SHOW(SSL_CTX_get_verify_callback(ctx.client) == watch);
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SHOW(SSL_get_verify_mode(ssl));
    SHOW(SSL_get_verify_callback(ssl) == watch);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, other);
    SHOW(SSL_get_verify_callback(ssl) == other);
    SHOW(SSL_CTX_get_verify_callback(ctx.client) == watch);
    SSL_set_verify_depth(ssl, 7);
    SHOW(SSL_get_verify_depth(ssl));
    SHOW(SSL_CTX_get_verify_depth(ctx.client));
    SHOW(X509_VERIFY_PARAM_get_depth(SSL_get0_param(ssl)));
    SHOW(SSL_get_verify_result(ssl));
    SSL_set_verify_result(ssl, X509_V_ERR_OUT_OF_MEM);
    SHOW(SSL_get_verify_result(ssl));
    SHOW_PTR(SSL_get0_peer_certificate(ssl));
    SHOW_PTR(SSL_get1_peer_certificate(ssl));
    SHOW_PTR(SSL_get_peer_cert_chain(ssl));
    SHOW_PTR(SSL_get0_verified_chain(ssl));
    SHOW_PTR(SSL_get0_peername(ssl));
    SHOW_PTR(SSL_get0_peer_certificate(NULL));
    SHOW_PTR(SSL_get1_peer_certificate(NULL));
    SHOW_PTR(SSL_get_peer_cert_chain(NULL));
    CHECK(SSL_get_ex_data_X509_STORE_CTX_idx() >= 0);
    CHECK(SSL_get_ex_data_X509_STORE_CTX_idx() == SSL_get_ex_data_X509_STORE_CTX_idx());
    SSL_free(ssl);
    contexts_free(&ctx);
}

static void parameters(void)
{
    struct contexts ctx = contexts_new("ecdsa", 0);
    SSL *ssl;
    X509_VERIFY_PARAM *own = X509_VERIFY_PARAM_new();

    SECTION("parameters");
    SHOW(X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(ctx.client)));
    SHOW(X509_VERIFY_PARAM_get_hostflags(SSL_CTX_get0_param(ctx.client)));
    SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx.client), X509_V_FLAG_X509_STRICT));
    SHOW(SSL_CTX_set_purpose(ctx.client, 99));
    SHOW_ERR();
    SHOW(SSL_CTX_set_trust(ctx.client, 99));
    SHOW_ERR();
    SHOW(SSL_CTX_set_purpose(ctx.client, X509_PURPOSE_SSL_SERVER));
    SHOW(SSL_CTX_set_trust(ctx.client, X509_TRUST_SSL_SERVER));
    ssl = SSL_new(ctx.client);
    CHECK(SSL_get0_param(ssl) != SSL_CTX_get0_param(ctx.client));
    CHECK(SSL_get0_param(ssl) == SSL_get0_param(ssl));
    SHOW(X509_VERIFY_PARAM_get_flags(SSL_get0_param(ssl)));
    SHOW(SSL_set_purpose(ssl, 99));
    SHOW_ERR();
    SHOW(SSL_set_trust(ssl, 99));
    SHOW_ERR();
    SHOW(SSL_set1_host(ssl, "one.example"));
    SHOW(SSL_add1_host(ssl, "two.example"));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 1));
    SHOW(SSL_set1_host(ssl, NULL));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW(SSL_set1_host(ssl, ""));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_WILDCARDS);
    SHOW(X509_VERIFY_PARAM_get_hostflags(SSL_get0_param(ssl)));
    X509_VERIFY_PARAM_set_depth(own, 4);
    SHOW(X509_VERIFY_PARAM_set1_host(own, "own.example", 0));
    SHOW(SSL_set1_param(ssl, own));
    SHOW(SSL_get_verify_depth(ssl));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0));
    SHOW(SSL_CTX_set1_param(ctx.client, own));
    SHOW(SSL_CTX_get_verify_depth(ctx.client));
    X509_VERIFY_PARAM_free(own);
    SSL_free(ssl);
    contexts_free(&ctx);
}

/* The peer's name that matched, for the kinds of names a certificate can have. */
static void peer_names(int version)
{
    static const struct { const char *cert, *host; unsigned flags; } tries[] = {
        { "ecdsa", "localhost", 0 }, { "ecdsa", "LOCALHOST", 0 }, { "multi", "two.example", 0 }, { "multi", "a.wild.example", 0 },
        { "multi", "A.Wild.Example", 0 }, { "multi", "wild.example", 0 }, { "multi", "a.b.wild.example", 0 },
        { "multi", ".wild.example", 0 }, { "multi", ".wild.example", X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS }, { "multi", "party.half.example", 0 },
        { "multi", "one.example.", 0 }, { "multi", "Several names", 0 }, { "cnonly", "localhost", 0 },
        { "multi", "Several names", X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT }, { "noname", "localhost", 0 }, { "multi", "192.0.2.7", 0 },
    };

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct contexts ctx = contexts_new(tries[i].cert, version);
        SSL *client, *server;

        pair_new(&client, &server, ctx.client, ctx.server);
        SHOW(SSL_set1_host(client, tries[i].host));
        SSL_set_hostflags(client, tries[i].flags);
        printf("%s for \"%s\", flags %u: ", tries[i].cert, tries[i].host, tries[i].flags);
        printf("done %d, ", pair_handshake(client, server).ok);
        printf("result %ld, name %s\n", SSL_get_verify_result(client), SSL_get0_peername(client) == NULL ? "(null)" : SSL_get0_peername(client));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

int main(void)
{
    settings();
    parameters();
    in_both_versions("order of the callback", callback_order);
    in_both_versions("server", server_side);
    in_both_versions("verification not required", not_required);
    in_both_versions("verdict changed", verdict_changed);
    in_both_versions("whole callback", whole_callback);
    in_both_versions("peer names", peer_names);
    return 0;
}
