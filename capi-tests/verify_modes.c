/* Verification asked to wait, unusual modes, what is inherited when, and which context's store verifies. */
#include "call.h"

#include <openssl/x509v3.h>

static void show_state(const char *label, SSL *ssl)
{
    X509 *cert = SSL_get0_peer_certificate(ssl);

    printf("  %s: result %ld, certificate %s, chain %d, verified %d\n", label, SSL_get_verify_result(ssl), cert == NULL ? "none" : "there",
           sk_X509_num(SSL_get_peer_cert_chain(ssl)), sk_X509_num(SSL_get0_verified_chain(ssl)));
}

static struct contexts mutual(const char *server_cert, const char *client_cert, int version)
{
    struct contexts ctx = contexts_new(server_cert, version);

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (client_cert != NULL
        && (SSL_CTX_use_certificate_chain_file(ctx.client, pki_of(client_cert, ".pem")) != 1
            || SSL_CTX_use_PrivateKey_file(ctx.client, pki_of(client_cert, ".key"), SSL_FILETYPE_PEM) != 1))
        check_give_up(client_cert);
    return ctx;
}

/* ---- waiting ---- */

static int waits, answer_while_waiting;

static int wait_then_yes(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    (void)arg;
    printf("  asked, server %d\n", SSL_is_server(ssl));
    if (waits == 0)
        return 1;
    waits--;
    SHOW(SSL_set_retry_verify(ssl));
    return answer_while_waiting;
}

static void wait_case(int version, int answer, int on_server)
{
    struct contexts ctx = mutual("ecdsa", "client", version);
    SSL *client, *server;

    printf("-- answer %d while waiting, on the %s\n", answer, on_server ? "server" : "client");
    waits = 2;
    answer_while_waiting = answer;
    SSL_CTX_set_cert_verify_callback(on_server ? ctx.server : ctx.client, wait_then_yes, NULL);
    pair_new(&client, &server, ctx.client, ctx.server);
    for (int i = 0; i < 6; i++) {
        CALL(client, SSL_do_handshake(client));
        CALL(server, SSL_do_handshake(server));
    }
    show_state("client", client);
    show_state("server", server);
    pair_free(client, server);
    contexts_free(&ctx);
}

static void waiting(int version)
{
    wait_case(version, 1, 0);
    wait_case(version, 0, 0);
    wait_case(version, -1, 0);
    wait_case(version, 1, 1);
}

/* The callback for each certificate may ask to wait, too. */
static int wait_in_callback(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    printf("  depth %d ok %d\n", X509_STORE_CTX_get_error_depth(store), ok);
    if (waits > 0) {
        waits--;
        SSL_set_retry_verify(ssl);
    }
    return 1;
}

static void waiting_in_callback(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    waits = 3;
    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, wait_in_callback);
    pair_new(&client, &server, ctx.client, ctx.server);
    for (int i = 0; i < 6; i++) {
        CALL(client, SSL_do_handshake(client));
        CALL(server, SSL_do_handshake(server));
    }
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- modes ---- */

static void modes(int version)
{
    static const int values[] = { 0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 15, 16, -1 };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (int with = 0; with < 2; with++) {
            struct contexts ctx = mutual("expired", with ? "client" : NULL, version);
            SSL *client, *server;
            struct pair_result result;

            SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
            SSL_CTX_set_verify(ctx.server, values[i], NULL);
            pair_new(&client, &server, ctx.client, ctx.server);
            result = pair_handshake(client, server);
            printf("-- server's mode %d, client has %s: %s\n", values[i], with ? "one" : "none", result.ok ? "done" : "not done");
            show_state("server", server);
            pair_free(client, server);
            if (!with) {
                SSL_CTX_set_verify(ctx.server, SSL_VERIFY_NONE, NULL);
                SSL_CTX_set_verify(ctx.client, values[i], NULL);
                pair_new(&client, &server, ctx.client, ctx.server);
                result = pair_handshake(client, server);
                printf("-- client's mode %d: %s\n", values[i], result.ok ? "done" : "not done");
                show_state("client", client);
                pair_free(client, server);
            }
            contexts_free(&ctx);
        }
    }
}

/* The mode changes once the client has been asked. */
static int late_mode;

static void change_mode(const SSL *ssl, int where, int value)
{
    (void)value;
    if ((where & SSL_CB_ACCEPT_LOOP) == SSL_CB_ACCEPT_LOOP && strstr(SSL_state_string_long(ssl), "write certificate request") != NULL)
        SSL_set_verify((SSL *)ssl, late_mode, NULL);
}

static void changed_late(int version)
{
    static const int from[] = { SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };

    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        for (late_mode = 0; late_mode < 4; late_mode++) {
            struct contexts ctx = contexts_new("ecdsa", version);
            SSL *client, *server;

            SSL_CTX_set_verify(ctx.server, from[i], NULL);
            SSL_CTX_set_info_callback(ctx.server, change_mode);
            pair_new(&client, &server, ctx.client, ctx.server);
            printf("from %d to %d: %s\n", from[i], late_mode, pair_handshake(client, server).ok ? "done" : "not done");
            pair_free(client, server);
            contexts_free(&ctx);
        }
    }
}

/* What a failed verification that nobody insists on leaves in the queue, and what was in it before. */
static void queue(int version)
{
    struct contexts ctx = contexts_new("expired", version);
    SSL *client, *server;

    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_NONE, NULL);
    pair_new(&client, &server, ctx.client, ctx.server);
    SSL_do_handshake(client);
    SSL_do_handshake(server);
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 77);
    SHOW(SSL_do_handshake(client));
    SHOW(ERR_peek_error() == 0);
    ERR_clear_error();
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- what is inherited when ---- */

static void inheritance(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *early = SSL_new(ctx), *late, *copy;

    SECTION("inheritance");
    SSL_CTX_set_verify_depth(ctx, 7);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, wait_in_callback);
    SHOW(SSL_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER));
    SHOW(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK));
    SHOW(X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ctx), "ctx.example", 0));
    late = SSL_new(ctx);
    SHOW(SSL_get_verify_depth(early));
    SHOW(SSL_get_verify_depth(late));
    SHOW(SSL_get_verify_mode(early));
    SHOW(SSL_get_verify_mode(late));
    CHECK(SSL_get_verify_callback(early) == NULL);
    CHECK(SSL_get_verify_callback(late) == wait_in_callback);
    SHOW(X509_VERIFY_PARAM_get_flags(SSL_get0_param(early)));
    SHOW(X509_VERIFY_PARAM_get_flags(SSL_get0_param(late)));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(early), 0));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(late), 0));
    CHECK(SSL_get0_param(late) != SSL_CTX_get0_param(ctx));
    CHECK(SSL_get0_param(late) == SSL_get0_param(late));
    SSL_set_verify_depth(late, 3);
    SSL_set_verify(late, SSL_VERIFY_NONE, NULL);
    CHECK(SSL_get_verify_callback(late) == wait_in_callback);
    SHOW(SSL_set1_host(late, "late.example"));
    SHOW(SSL_CTX_get_verify_depth(ctx));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_CTX_get0_param(ctx), 0));
    copy = SSL_dup(late);
    SHOW(SSL_get_verify_depth(copy));
    SHOW(SSL_get_verify_mode(copy));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(copy), 0));
    CHECK(SSL_get_verify_callback(copy) == wait_in_callback);
    SSL_set_verify_result(late, 42);
    SHOW(SSL_get_verify_result(late));
    SHOW(SSL_clear(late));
    SHOW(SSL_get_verify_result(late));
    SHOW(SSL_get_verify_depth(late));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(late), 0));
    SSL_free(copy);
    SSL_free(early);
    SSL_free(late);
    SSL_CTX_free(ctx);
}

/* The parameters' address was taken before the connection, and they change after it. */
static void address_taken(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    SSL *first, *second;

    SECTION("address taken");
    X509_VERIFY_PARAM_set_depth(param, 4);
    first = SSL_new(ctx);
    X509_VERIFY_PARAM_set_depth(param, 5);
    second = SSL_new(ctx);
    SHOW(SSL_get_verify_depth(first));
    SHOW(SSL_get_verify_depth(second));
    SSL_free(first);
    SSL_free(second);
    SSL_CTX_free(ctx);
}

/* ---- another context from the server name callback ---- */

static int switch_context(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    SSL_set_SSL_CTX(ssl, arg);
    printf("  switched: mode %d, depth %d\n", SSL_get_verify_mode(ssl), SSL_get_verify_depth(ssl));
    return SSL_TLSEXT_ERR_OK;
}

static int say_no(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static void other_context(int version)
{
    static const char *const first[] = { "ca.pem", "otherca.pem", "ca.pem", "otherca.pem" };
    static const char *const second[] = { "otherca.pem", "ca.pem", NULL, NULL };

    for (int i = 0; i < 6; i++) {
        struct contexts ctx = mutual("ecdsa", "client", version);
        SSL_CTX *other = new_server_ctx("ecdsa");
        X509_STORE *store = X509_STORE_new();
        SSL *client, *server;

        printf("-- case %d\n", i);
        if (i < 4) {
            SSL_CTX_set_cert_store(ctx.server, X509_STORE_new());
            SSL_CTX_load_verify_file(ctx.server, pki(first[i]));
            if (second[i] != NULL)
                SSL_CTX_load_verify_file(other, pki(second[i]));
            SSL_CTX_set_verify(other, i < 2 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
        } else if (i == 4) {
            /* a store of its own moves along with the certificates */
            SSL_CTX_set_cert_store(ctx.server, X509_STORE_new());
            X509_STORE_load_file(store, pki("ca.pem"));
            SHOW(SSL_CTX_set1_verify_cert_store(other, store));
        } else {
            SSL_CTX_load_verify_file(other, pki("ca.pem"));
            SSL_CTX_set_cert_verify_callback(other, say_no, NULL);
        }
        SSL_CTX_set_tlsext_servername_callback(ctx.server, switch_context);
        SSL_CTX_set_tlsext_servername_arg(ctx.server, other);
        pair_new(&client, &server, ctx.client, ctx.server);
        SSL_set_tlsext_host_name(client, "localhost");
        SHOW(pair_handshake(client, server).ok);
        show_state("server", server);
        pair_free(client, server);
        X509_STORE_free(store);
        SSL_CTX_free(other);
        contexts_free(&ctx);
    }
}

/* ---- calls back into the library ---- */

static int busy_callback(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    if (X509_STORE_CTX_get_error_depth(store) > 0)
        return ok;
    printf("  %s, in init %d, want %d\n", SSL_get_version(ssl), SSL_in_init(ssl), SSL_want(ssl));
    show_state("callback", ssl);
    SHOW_STR(SSL_get0_peername(ssl));
    ERR_clear_error();
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    SSL_set_verify_depth(ssl, 0);
    SHOW(SSL_set1_host(ssl, "changed.example"));
    SHOW(SSL_set_ex_data(ssl, 0, store));
    return ok;
}

static void busy(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_set_verify(ctx.client, SSL_VERIFY_PEER, busy_callback);
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_set1_host(client, "localhost"));
    SHOW(pair_handshake(client, server).ok);
    show_state("client", client);
    SHOW_STR(SSL_get0_peername(client));
    SHOW_STR(X509_VERIFY_PARAM_get0_host(SSL_get0_param(client), 0));
    pair_free(client, server);
    contexts_free(&ctx);
}

/* ---- no store ---- */

static void no_store(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_set_cert_store(ctx.client, NULL);
    SHOW_PTR(SSL_CTX_get_cert_store(ctx.client));
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    show_state("client", client);
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    in_both_versions("waiting", waiting);
    in_both_versions("waiting in the callback", waiting_in_callback);
    in_both_versions("modes", modes);
    in_both_versions("changed late", changed_late);
    in_both_versions("queue", queue);
    inheritance();
    address_taken();
    in_both_versions("other context", other_context);
    in_both_versions("busy callback", busy);
    in_both_versions("no store", no_store);
    return 0;
}
