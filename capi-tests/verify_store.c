/* Where trust comes from: loaders of CA files and folders, their errors, default paths, stores set and got. */
#include "call.h"

#include <openssl/x509_vfy.h>

static int objects(X509_STORE *store)
{
    return store == NULL ? -1 : sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}

/* Whether a client with this context accepts the certificate. */
static void try_server(SSL_CTX *client_ctx, const char *cert)
{
    SSL_CTX *server_ctx = new_server_ctx(cert);
    SSL *client, *server;
    struct pair_result result;

    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    printf("  server %s: %s, result %ld\n", cert, result.ok ? "accepted" : "refused", SSL_get_verify_result(client));
    pair_free(client, server);
    SSL_CTX_free(server_ctx);
}

static SSL_CTX *client_context(void)
{
    return SSL_CTX_new(TLS_client_method());
}

/* ---- loaders ---- */

typedef int (*loader)(SSL_CTX *ctx, const char *path);

static int by_locations_file(SSL_CTX *ctx, const char *path) { return SSL_CTX_load_verify_locations(ctx, path, NULL); }
static int by_locations_dir(SSL_CTX *ctx, const char *path) { return SSL_CTX_load_verify_locations(ctx, NULL, path); }

static void load(const char *label, loader call, const char *file)
{
    SSL_CTX *ctx = client_context();
    int ret;

    ERR_clear_error();
    ret = call(ctx, file == NULL ? NULL : pki(file));
    printf("-- %s(%s) = %d, %d objects\n", label, file == NULL ? "NULL" : file, ret, objects(SSL_CTX_get_cert_store(ctx)));
    SHOW_ERR();
    if (ret == 1)
        try_server(ctx, "ecdsa");
    SSL_CTX_free(ctx);
}

static void loaders(void)
{
    static const char *const files[] = { "ca.pem", "bundle.pem", "otherca.pem", "ecdsa-both.pem", "ecdsa.key", "garbage.pem", "empty.pem", "badcert.pem", "missing.pem", "cadir", "ca.crl", NULL };
    static const char *const dirs[] = { "cadir", "otherdir", "missing", "ca.pem", NULL };

    SECTION("loaders");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        load("SSL_CTX_load_verify_file", SSL_CTX_load_verify_file, files[i]);
        load("SSL_CTX_load_verify_locations", by_locations_file, files[i]);
    }
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        load("SSL_CTX_load_verify_dir", SSL_CTX_load_verify_dir, dirs[i]);
        load("SSL_CTX_load_verify_locations folder", by_locations_dir, dirs[i]);
    }
    load("SSL_CTX_load_verify_store", SSL_CTX_load_verify_store, "ca.pem");
    load("SSL_CTX_load_verify_store", SSL_CTX_load_verify_store, "missing.pem");
}

static void file_and_folder(void)
{
    SSL_CTX *ctx = client_context();

    SECTION("file and folder, several calls");
    SHOW(SSL_CTX_load_verify_locations(ctx, pki("otherca.pem"), pki("cadir")));
    SHOW(SSL_CTX_load_verify_locations(ctx, pki("missing.pem"), pki("cadir")));
    SHOW_ERR();
    SHOW(SSL_CTX_load_verify_file(ctx, pki("otherca.pem")));
    SHOW_ERR();
    try_server(ctx, "ecdsa");
    SSL_CTX_free(ctx);
}

/* ---- default paths and the environment ---- */

static void with_environment(const char *file, const char *dir, int which)
{
    static const char *const names[] = { "paths", "file", "dir", "store" };
    SSL_CTX *ctx = client_context();
    int ret;

    if (file == NULL)
        unsetenv("SSL_CERT_FILE");
    else
        setenv("SSL_CERT_FILE", pki(file), 1);
    if (dir == NULL)
        unsetenv("SSL_CERT_DIR");
    else
        setenv("SSL_CERT_DIR", pki(dir), 1);
    ERR_clear_error();
    ret = which == 0 ? SSL_CTX_set_default_verify_paths(ctx)
          : which == 1 ? SSL_CTX_set_default_verify_file(ctx)
          : which == 2 ? SSL_CTX_set_default_verify_dir(ctx)
                       : SSL_CTX_set_default_verify_store(ctx);
    printf("-- default %s with SSL_CERT_FILE %s, SSL_CERT_DIR %s: %d\n", names[which], file == NULL ? "unset" : file, dir == NULL ? "unset" : dir, ret);
    SHOW_ERR();
    if (file != NULL && dir != NULL)
        try_server(ctx, "ecdsa");
    SSL_CTX_free(ctx);
}

static void default_paths(void)
{
    SECTION("default paths");
    for (int which = 0; which < 4; which++) {
        with_environment("ca.pem", "otherdir", which);
        with_environment("otherca.pem", "cadir", which);
        with_environment("otherca.pem", "otherdir", which);
        with_environment("missing.pem", "missing", which);
        with_environment("garbage.pem", "cadir", which);
    }
    with_environment("missing.pem", NULL, 0);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
}

/* ---- stores ---- */

static void stores(void)
{
    SSL_CTX *ctx = client_context(), *second = client_context();
    X509_STORE *store = X509_STORE_new(), *got = NULL;
    SSL *ssl;

    SECTION("stores");
    SHOW_PTR(SSL_CTX_get_cert_store(ctx));
    SHOW(objects(SSL_CTX_get_cert_store(ctx)));
    SHOW(X509_STORE_load_file(store, pki("ca.pem")));
    SSL_CTX_set1_cert_store(ctx, store);
    CHECK(SSL_CTX_get_cert_store(ctx) == store);
    SSL_CTX_set_cert_store(second, store);
    CHECK(SSL_CTX_get_cert_store(second) == store);
    try_server(ctx, "ecdsa");
    try_server(second, "ecdsa");
    printf("-- what is added to the shared store counts for both\n");
    try_server(second, "selfsigned");
    SHOW(X509_STORE_load_file(SSL_CTX_get_cert_store(ctx), pki("selfsigned.pem")));
    try_server(second, "selfsigned");
    printf("-- replaced\n");
    SSL_CTX_set_cert_store(second, X509_STORE_new());
    try_server(second, "ecdsa");
    try_server(ctx, "ecdsa");

    SECTION("stores for one purpose");
    SHOW(SSL_CTX_get0_verify_cert_store(ctx, &got));
    SHOW_PTR(got);
    SHOW(SSL_CTX_get0_chain_cert_store(ctx, &got));
    SHOW_PTR(got);
    SHOW(SSL_CTX_set1_verify_cert_store(ctx, SSL_CTX_get_cert_store(second)));
    SHOW(SSL_CTX_get0_verify_cert_store(ctx, &got));
    CHECK(got == SSL_CTX_get_cert_store(second));
    try_server(ctx, "ecdsa");
    ssl = SSL_new(ctx);
    SHOW(SSL_get0_verify_cert_store(ssl, &got));
    CHECK(got == SSL_CTX_get_cert_store(second));
    SHOW(SSL_set0_verify_cert_store(ssl, NULL));
    SHOW(SSL_get0_verify_cert_store(ssl, &got));
    SHOW_PTR(got);
    SHOW(SSL_set0_chain_cert_store(ssl, X509_STORE_new()));
    SHOW(SSL_get0_chain_cert_store(ssl, &got));
    SHOW_PTR(got);
    SSL_free(ssl);
    SHOW(SSL_CTX_set0_verify_cert_store(ctx, NULL));
    try_server(ctx, "ecdsa");
    SHOW_ERR();
    SSL_CTX_free(ctx);
    SSL_CTX_free(second);
}

/* A certificate given as an object, and one that is removed from nothing by a second addition. */
static void objects_by_hand(void)
{
    SSL_CTX *ctx = client_context();
    BIO *in = BIO_new_file(pki("ca.pem"), "r");
    X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);

    SECTION("certificates as objects");
    BIO_free(in);
    SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert));
    SHOW(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert));
    SHOW_ERR();
    SHOW(objects(SSL_CTX_get_cert_store(ctx)));
    X509_free(cert);
    try_server(ctx, "ecdsa");
    SSL_CTX_free(ctx);
}

/* Two certificate stores of two contexts are apart, and a connection keeps its context's store alive. */
static void life_times(void)
{
    SSL_CTX *ctx = client_context(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;
    struct pair_result result;

    SECTION("life times");
    SHOW(SSL_CTX_load_verify_file(ctx, pki("ca.pem")));
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    pair_new(&client, &server, ctx, server_ctx);
    SSL_CTX_free(ctx);
    SSL_CTX_free(server_ctx);
    result = pair_handshake(client, server);
    pair_show("contexts freed before the handshake", &result);
    pair_free(client, server);
}

/* A lookup callback of the store supplies the issuer when it is asked for. */
static int issuers_asked;

static int find_issuer(X509 **issuer, X509_STORE_CTX *store, X509 *cert)
{
    BIO *in;

    (void)store;
    (void)cert;
    issuers_asked++;
    in = BIO_new_file(pki("ca.pem"), "r");
    *issuer = PEM_read_bio_X509(in, NULL, NULL, NULL);
    BIO_free(in);
    return *issuer != NULL;
}

static void lookup_callback(void)
{
    SSL_CTX *ctx = client_context();

    SECTION("get_issuer callback");
    X509_STORE_set_get_issuer(SSL_CTX_get_cert_store(ctx), find_issuer);
    try_server(ctx, "ecdsa");
    CHECK(issuers_asked > 0);
    SSL_CTX_free(ctx);
}

int main(void)
{
    loaders();
    file_and_folder();
    default_paths();
    stores();
    objects_by_hand();
    life_times();
    lookup_callback();
    return 0;
}
