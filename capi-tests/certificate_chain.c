/* Chains that go with an own certificate: chain ctrls, extra chain certificates, building, and what reaches the peer. */
#include "call.h"
#include "load.h"

#include <openssl/pem.h>

static STACK_OF(X509) *stack_of(const char *const *files)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    for (; *files != NULL; files++)
        sk_X509_push(stack, load_cert(*files));
    return stack;
}

static void show_chain(const char *label, const STACK_OF(X509) *chain)
{
    char name[200];

    printf("%s: %d", label, chain == NULL ? -1 : sk_X509_num(chain));
    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++)
        printf("%s%s", i == 0 ? " " : " | ", X509_NAME_oneline(X509_get_subject_name(sk_X509_value(chain, i)), name, sizeof name));
    printf("\n");
}

static void show_ctx(SSL_CTX *ctx)
{
    STACK_OF(X509) *chain = NULL;

    SSL_CTX_get0_chain_certs(ctx, &chain);
    show_chain("  chain", chain);
    chain = NULL;
    SSL_CTX_get_extra_chain_certs(ctx, &chain);
    show_chain("  extra", chain);
    chain = NULL;
    SSL_CTX_get_extra_chain_certs_only(ctx, &chain);
    show_chain("  extra only", chain);
}

/* What a client gets to see, and whether it is convinced. */
static void show_sent(SSL_CTX *server_ctx, const char *sigalgs)
{
    SSL_CTX *client_ctx = new_client_ctx();
    SSL *client, *server;
    struct pair_result result;

    if (sigalgs != NULL && SSL_CTX_set1_sigalgs_list(client_ctx, sigalgs) != 1)
        check_give_up("signature algorithms");
    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    printf("  sent to a client: %s, result %ld, ", result.ok ? "accepted" : "refused", SSL_get_verify_result(client));
    show_chain("chain", SSL_get_peer_cert_chain(client));
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
}

static SSL_CTX *with_leaf(const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (SSL_CTX_use_certificate_file(ctx, pki(cert), SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(ctx, pki(key), SSL_FILETYPE_PEM) != 1)
        check_give_up(cert);
    return ctx;
}

static void chain_ctrls(void)
{
    static const char *const both[] = { "inter2.pem", "inter.pem", NULL }, *const one[] = { "inter.pem", NULL };
    SSL_CTX *ctx = with_leaf("deep.pem", "deep.key");
    STACK_OF(X509) *given = stack_of(both), *single = stack_of(one);
    X509 *inter = load_cert("inter.pem"), *inter2 = load_cert("inter2.pem");

    SECTION("chain of a context");
    show_ctx(ctx);
    show_sent(ctx, NULL);
    SHOW(SSL_CTX_add1_chain_cert(ctx, inter2));
    show_ctx(ctx);
    SHOW(SSL_CTX_add0_chain_cert(ctx, inter));
    show_ctx(ctx);
    show_sent(ctx, NULL);
    X509_free(inter2);
    SHOW(SSL_CTX_clear_chain_certs(ctx));
    show_ctx(ctx);
    SHOW(SSL_CTX_set1_chain(ctx, given));
    show_ctx(ctx);
    show_sent(ctx, NULL);
    SHOW(SSL_CTX_set1_chain(ctx, NULL));
    show_ctx(ctx);
    SHOW(SSL_CTX_set0_chain(ctx, single));
    show_ctx(ctx);
    show_sent(ctx, NULL);
    SHOW(SSL_CTX_set0_chain(ctx, given));
    show_ctx(ctx);
    SHOW_ERR();
    SSL_CTX_free(ctx);

    printf("-- without a certificate\n");
    ctx = SSL_CTX_new(TLS_server_method());
    inter = load_cert("inter.pem");
    SHOW(SSL_CTX_add1_chain_cert(ctx, inter));
    SHOW_ERR();
    SHOW(SSL_CTX_add0_chain_cert(ctx, inter));
    SHOW_ERR();
    SHOW(SSL_CTX_clear_chain_certs(ctx));
    SHOW_ERR();
    show_ctx(ctx);
    SSL_CTX_free(ctx);
}

static void extra_certs(void)
{
    SSL_CTX *ctx = with_leaf("deep.pem", "deep.key");

    SECTION("extra chain certificates");
    SHOW(SSL_CTX_add_extra_chain_cert(ctx, load_cert("inter2.pem")));
    SHOW(SSL_CTX_add_extra_chain_cert(ctx, load_cert("inter.pem")));
    show_ctx(ctx);
    show_sent(ctx, NULL);
    printf("-- a chain of its own comes first\n");
    SHOW(SSL_CTX_add0_chain_cert(ctx, load_cert("inter2.pem")));
    show_ctx(ctx);
    show_sent(ctx, NULL);
    SHOW(SSL_CTX_clear_chain_certs(ctx));
    SHOW(SSL_CTX_clear_extra_chain_certs(ctx));
    show_ctx(ctx);
    show_sent(ctx, NULL);
    SSL_CTX_free(ctx);
}

static void of_connection(void)
{
    static const char *const both[] = { "inter2.pem", "inter.pem", NULL };
    SSL_CTX *server_ctx = with_leaf("deep.pem", "deep.key"), *client_ctx = new_client_ctx();
    STACK_OF(X509) *chain = NULL, *given = stack_of(both);
    SSL *client, *server;

    SECTION("chain of a connection");
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set1_chain(server, given));
    SHOW(SSL_get0_chain_certs(server, &chain));
    show_chain("connection", chain);
    show_ctx(server_ctx);
    SHOW(pair_handshake(client, server).ok);
    show_chain("received", SSL_get_peer_cert_chain(client));
    pair_free(client, server);

    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_add0_chain_cert(server, load_cert("inter2.pem")));
    SHOW(SSL_add1_chain_cert(server, sk_X509_value(given, 1)));
    SHOW(pair_handshake(client, server).ok);
    show_chain("received", SSL_get_peer_cert_chain(client));
    SHOW(SSL_clear_chain_certs(server));
    SHOW(SSL_get0_chain_certs(server, &chain));
    show_chain("connection", chain);
    pair_free(client, server);
    sk_X509_pop_free(given, X509_free);
    SSL_CTX_free(server_ctx);
    SSL_CTX_free(client_ctx);
}

/* Missing parts are found in the stores, unless SSL_MODE_NO_AUTO_CHAIN. */
static void automatic(void)
{
    SSL_CTX *ctx = with_leaf("deep.pem", "deep.key");
    X509_STORE *store = X509_STORE_new();

    SECTION("automatic chain");
    SHOW(X509_STORE_load_file(SSL_CTX_get_cert_store(ctx), pki("inter2.pem")));
    SHOW(X509_STORE_load_file(SSL_CTX_get_cert_store(ctx), pki("inter.pem")));
    show_sent(ctx, NULL);
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    show_sent(ctx, NULL);
    SSL_CTX_clear_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    printf("-- with a store for the chain\n");
    SHOW(X509_STORE_load_file(store, pki("inter2.pem")));
    SHOW(SSL_CTX_set0_chain_cert_store(ctx, store));
    show_sent(ctx, NULL);
    SSL_CTX_free(ctx);
}

static void building(void)
{
    static const struct { const char *name; int flags; } ways[] = {
        { "none", 0 }, { "check", SSL_BUILD_CHAIN_FLAG_CHECK }, { "untrusted", SSL_BUILD_CHAIN_FLAG_UNTRUSTED }, { "no root", SSL_BUILD_CHAIN_FLAG_NO_ROOT },
        { "ignore error", SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR }, { "ignore and clear error", SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR | SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR },
    };

    SECTION("building a chain");
    for (int known = 0; known < 3; known++) {
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            SSL_CTX *ctx = with_leaf("ecdsa-leaf.pem", "ecdsa-leaf.key");

            printf("-- %s, %s\n", known == 0 ? "nothing known" : known == 1 ? "root and intermediate in the store" : "root in the store, intermediate in the chain", ways[i].name);
            if (known > 0)
                SHOW(SSL_CTX_load_verify_file(ctx, pki("ca.pem")));
            if (known == 1)
                SHOW(SSL_CTX_load_verify_file(ctx, pki("inter.pem")));
            if (known == 2)
                SHOW(SSL_CTX_add0_chain_cert(ctx, load_cert("inter.pem")));
            ERR_clear_error();
            SHOW(SSL_CTX_build_cert_chain(ctx, ways[i].flags));
            SHOW_ERR();
            show_ctx(ctx);
            SSL_CTX_free(ctx);
        }
    }
}

/* ---- several certificates ---- */

static void show_current(SSL_CTX *ctx)
{
    EVP_PKEY *key = SSL_CTX_get0_privatekey(ctx);

    printf("  current: certificate %s, key type %d\n", SSL_CTX_get0_certificate(ctx) == NULL ? "none" : "there", key == NULL ? -1 : EVP_PKEY_get_base_id(key));
}

static void current(void)
{
    static const char *const names[] = { "rsa", "ecdsa", "ed25519" };
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    X509 *unknown = load_cert("p384.pem"), *rsa = load_cert("rsa.pem");

    SECTION("current certificate");
    SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SHOW(SSL_CTX_use_certificate_file(ctx, pki_of(names[i], ".pem"), SSL_FILETYPE_PEM));
        SHOW(SSL_CTX_use_PrivateKey_file(ctx, pki_of(names[i], ".key"), SSL_FILETYPE_PEM));
        show_current(ctx);
    }
    SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST));
    show_current(ctx);
    SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT));
    show_current(ctx);
    SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT));
    show_current(ctx);
    SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT));
    show_current(ctx);
    SHOW(SSL_CTX_set_current_cert(ctx, 77));
    SHOW(SSL_CTX_select_current_cert(ctx, rsa));
    show_current(ctx);
    SHOW(SSL_CTX_select_current_cert(ctx, unknown));
    SHOW(SSL_CTX_select_current_cert(ctx, NULL));
    show_current(ctx);
    SHOW_ERR();
    printf("-- each has its own chain\n");
    SHOW(SSL_CTX_select_current_cert(ctx, rsa));
    SHOW(SSL_CTX_add0_chain_cert(ctx, load_cert("inter.pem")));
    show_ctx(ctx);
    SHOW(SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT));
    show_ctx(ctx);
    show_sent(ctx, "RSA-PSS+SHA256:ECDSA+SHA256:ed25519");
    show_sent(ctx, "ECDSA+SHA256:RSA-PSS+SHA256:ed25519");
    show_sent(ctx, "ed25519:RSA-PSS+SHA256:ECDSA+SHA256");
    X509_free(rsa);
    X509_free(unknown);
    SSL_CTX_free(ctx);
}

/* SSL_certs_clear, and a context whose certificate is replaced between two connections. */
static void replaced(void)
{
    SSL_CTX *ctx = new_server_ctx("ecdsa-chain"), *client_ctx = new_client_ctx();
    EVP_PKEY *key = load_key("multi.key");
    X509 *cert = load_cert("multi.pem");
    SSL *client, *server, *old;

    SECTION("replaced and cleared");
    show_sent(ctx, NULL);
    old = SSL_new(ctx);
    SHOW(SSL_CTX_use_cert_and_key(ctx, cert, key, NULL, 1));
    show_sent(ctx, NULL);
    CHECK(SSL_get_certificate(old) != cert);
    SSL_free(old);
    pair_new(&client, &server, client_ctx, ctx);
    SSL_certs_clear(server);
    SHOW_PTR(SSL_get_certificate(server));
    SHOW_PTR(SSL_get_privatekey(server));
    SHOW(pair_handshake(client, server).ok);
    pair_free(client, server);
    show_sent(ctx, NULL);
    X509_free(cert);
    EVP_PKEY_free(key);
    SSL_CTX_free(ctx);
    SSL_CTX_free(client_ctx);
}

int main(void)
{
    chain_ctrls();
    extra_certs();
    of_connection();
    automatic();
    building();
    current();
    replaced();
    return 0;
}
