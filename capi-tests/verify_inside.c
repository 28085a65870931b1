/* What programs do from inside a verification: look at it and at the connection, and change both. */
#include "call.h"
#include "load.h"

#include <openssl/x509v3.h>

static SSL *of(X509_STORE_CTX *store) { return X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()); }

static void show_handshake(SSL *client, SSL *server)
{
    struct pair_result result = pair_handshake(client, server);

    pair_show("handshake", &result);
    printf("results %ld %ld, verified %d %d, chains %d %d\n", SSL_get_verify_result(client), SSL_get_verify_result(server),
           sk_X509_num(SSL_get0_verified_chain(client)), sk_X509_num(SSL_get0_verified_chain(server)), sk_X509_num(SSL_get_peer_cert_chain(client)),
           sk_X509_num(SSL_get_peer_cert_chain(server)));
}

static struct contexts mutual(const char *server_cert, const char *client_cert, int version)
{
    struct contexts ctx = contexts_new(server_cert, version);

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx.client, pki_of(client_cert, ".pem")) != 1
        || SSL_CTX_use_PrivateKey_file(ctx.client, pki_of(client_cert, ".key"), SSL_FILETYPE_PEM) != 1)
        check_give_up(client_cert);
    return ctx;
}

/* ---- looking ---- */

static void show_cert(const char *label, X509 *cert)
{
    char text[200] = "none";

    if (cert != NULL)
        X509_NAME_oneline(X509_get_subject_name(cert), text, sizeof text);
    printf("    %s %s\n", label, text);
}

static int look(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = of(store);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
    X509 *issuer = X509_STORE_CTX_get0_current_issuer(store);

    printf("  ok %d at %d: error %d\n", ok, X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_error(store));
    show_cert("current", X509_STORE_CTX_get_current_cert(store));
    show_cert("issuer", issuer);
    show_cert("leaf", X509_STORE_CTX_get0_cert(store));
    printf("    untrusted %d, chain %d, store %d, untrusted count %d\n", sk_X509_num(X509_STORE_CTX_get0_untrusted(store)), sk_X509_num(X509_STORE_CTX_get0_chain(store)),
           X509_STORE_CTX_get0_store(store) == SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), X509_STORE_CTX_get_num_untrusted(store));
    printf("    flags %lx, depth %d, level %d, host %s, own %d\n", X509_VERIFY_PARAM_get_flags(param), X509_VERIFY_PARAM_get_depth(param),
           X509_VERIFY_PARAM_get_auth_level(param), X509_VERIFY_PARAM_get0_host(param, 0) == NULL ? "none" : X509_VERIFY_PARAM_get0_host(param, 0), param == SSL_get0_param(ssl));
    printf("    callback's own %d, explicit policy %d, parent %d\n", X509_STORE_CTX_get_verify_cb(store) == look, X509_STORE_CTX_get_explicit_policy(store),
           X509_STORE_CTX_get0_parent_ctx(store) != NULL);
    printf("    connection: server %d, %s, %s, name %s, session reused %d, result %ld, init %d, before %d, finished %d\n", SSL_is_server(ssl), SSL_get_version(ssl),
           SSL_get_cipher_name(ssl), SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == NULL ? "none" : SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
           SSL_session_reused(ssl), SSL_get_verify_result(ssl), SSL_in_init(ssl), SSL_in_before(ssl), SSL_is_init_finished(ssl));
    printf("    want %d, shutdown %d, pending %d, peer %d, chain %d\n", SSL_want(ssl), SSL_get_shutdown(ssl), SSL_pending(ssl), SSL_get0_peer_certificate(ssl) != NULL,
           sk_X509_num(SSL_get_peer_cert_chain(ssl)));
    return ok;
}

static void looking(int version)
{
    static const char *const certs[] = { "ecdsa-chain", "expired", "ecdsa-leaf" };

    for (size_t i = 0; i < sizeof certs / sizeof *certs; i++) {
        struct contexts ctx = mutual(certs[i], "client-chain", version);
        SSL *client, *server;

        printf("-- %s\n", certs[i]);
        SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, look);
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, look);
        SSL_CTX_set_verify_depth(ctx.server, 4);
        pair_new(&client, &server, ctx.client, ctx.server);
        SSL_set_tlsext_host_name(client, "localhost");
        SSL_set1_host(client, "localhost");
        show_handshake(client, server);
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* ---- verifying in another way ---- */

static int way;

static int whole(X509_STORE_CTX *store, void *arg)
{
    STACK_OF(X509) *trusted = sk_X509_new_null();
    X509_STORE_CTX *other = X509_STORE_CTX_new();
    X509_STORE *empty = X509_STORE_new();
    X509 *ca = load_cert("ca.pem");
    int verdict = 0;

    (void)arg;
    sk_X509_push(trusted, ca);
    switch (way) {
    case 0: /* what the store does not know */
        X509_STORE_CTX_set0_trusted_stack(store, trusted);
        verdict = X509_verify_cert(store);
        break;
    case 1: /* with another time */
        X509_STORE_CTX_set_time(store, 0, 1000000000);
        verdict = X509_verify_cert(store);
        break;
    case 2:
        X509_STORE_CTX_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
        verdict = X509_verify_cert(store);
        break;
    case 3: /* by a verification of its own, whose result is passed on */
        X509_STORE_CTX_init(other, empty, X509_STORE_CTX_get0_cert(store), X509_STORE_CTX_get0_untrusted(store));
        verdict = X509_verify_cert(other);
        X509_STORE_CTX_set_error(store, X509_STORE_CTX_get_error(other));
        break;
    case 4: /* a chain that was made up */
        sk_X509_insert(trusted, X509_STORE_CTX_get0_cert(store), 0);
        X509_STORE_CTX_set0_verified_chain(store, X509_chain_up_ref(trusted));
        verdict = 1;
        break;
    case 5: /* forgives, and says so */
        verdict = X509_verify_cert(store);
        X509_STORE_CTX_set_error(store, X509_V_OK);
        verdict = 1;
        break;
    case 6: /* twice */
        verdict = X509_verify_cert(store);
        verdict = X509_verify_cert(store);
        break;
    case 7: /* leaves an error in the queue */
        ERR_raise(ERR_LIB_USER, 5);
        verdict = 0;
        break;
    case 8:
        X509_STORE_CTX_set_purpose(store, X509_PURPOSE_SSL_CLIENT);
        verdict = X509_verify_cert(store);
        break;
    }
    printf("  way %d: %d, error %d at %d\n", way, verdict, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store));
    X509_STORE_CTX_free(other);
    X509_STORE_free(empty);
    sk_X509_free(trusted);
    X509_free(ca);
    return verdict;
}

static void other_ways(int version)
{
    for (int on_server = 0; on_server < 2; on_server++) {
        for (way = 0; way <= 8; way++) {
            struct contexts ctx = mutual("ecdsa-chain", "client-chain", version);
            SSL *client, *server;
            SSL_CTX *judge = on_server ? ctx.server : ctx.client;

            printf("-- %s, way %d\n", on_server ? "server" : "client", way);
            if (way == 0)
                SSL_CTX_set_cert_store(judge, X509_STORE_new());
            SSL_CTX_set_cert_verify_callback(judge, whole, NULL);
            pair_new(&client, &server, ctx.client, ctx.server);
            show_handshake(client, server);
            pair_free(client, server);
            contexts_free(&ctx);
        }
    }
}

/* ---- changing what is verified with ---- */

static int change;

static int changing(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = of(store);
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);

    printf("  ok %d at %d, error %d\n", ok, X509_STORE_CTX_get_error_depth(store), X509_STORE_CTX_get_error(store));
    if (X509_STORE_CTX_get_error_depth(store) == 0)
        return ok;
    switch (change) {
    case 0:
        SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        break;
    case 1:
        SSL_CTX_set_cert_store(ctx, X509_STORE_new());
        break;
    case 2:
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
        break;
    case 3:
        X509_STORE_CTX_set_error_depth(store, 7);
        X509_STORE_CTX_set_error(store, X509_V_ERR_PATH_LENGTH_EXCEEDED);
        return 0;
    case 4:
        SSL_set_verify_result(ssl, X509_V_ERR_CERT_REVOKED);
        break;
    case 5:
        ERR_raise(ERR_LIB_USER, 6);
        break;
    case 6:
        X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(store), "other.example", 0);
        break;
    case 7:
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, whole, NULL);
        break;
    }
    return ok;
}

static void changes(int version)
{
    for (int on_server = 0; on_server < 2; on_server++) {
        for (change = 0; change <= 7; change++) {
            struct contexts ctx = mutual("ecdsa-chain", "client-chain", version);
            SSL *client, *server;

            printf("-- %s, change %d\n", on_server ? "server" : "client", change);
            SSL_CTX_set_verify(on_server ? ctx.server : ctx.client, SSL_VERIFY_PEER, changing);
            pair_new(&client, &server, ctx.client, ctx.server);
            SSL_set1_host(client, "localhost");
            show_handshake(client, server);
            pair_free(client, server);
            contexts_free(&ctx);
        }
    }
}

/* ---- a result that the program sets ---- */

static void result_set(int version)
{
    struct contexts ctx = contexts_new("expired", version);
    SSL *client, *server;
    SSL_SESSION *session;

    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_set_verify_result(client, X509_V_ERR_CERT_REVOKED);
    SSL_set_verify_result(server, X509_V_ERR_CERT_REJECTED);
    show_handshake(client, server);
    SSL_set_verify_result(client, X509_V_OK);
    SHOW(SSL_get_verify_result(client));
    pair_settle(client);
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    pair_free(client, server);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_set_session(client, session));
    SHOW(SSL_get_verify_result(client));
    show_handshake(client, server);
    SHOW(SSL_session_reused(client));
    SSL_SESSION_free(session);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("looking", looking);
    in_both_versions("other ways", other_ways);
    in_both_versions("changes", changes);
    in_both_versions("result set", result_set);
    return 0;
}
