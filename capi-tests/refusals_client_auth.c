/* Trust settings of a server: each must refuse a client whose certificate is missing or wrong. */
#include "refusals.h"

#define REQUIRED (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
#define AT(year) ((time_t)((year) - 1970) * 31557600)

static void trust(SSL_CTX *ctx)
{
    SET(SSL_CTX_load_verify_file(ctx, pki("ca.pem")));
}

static void add_crl(SSL_CTX *ctx, const char *file)
{
    BIO *in = BIO_new_file(pki(file), "r");
    X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);

    BIO_free(in);
    if (crl == NULL)
        check_give_up(file);
    SET(X509_STORE_add_crl(SSL_CTX_get_cert_store(ctx), crl));
    X509_CRL_free(crl);
}

/* ---- modes ---- */

static void required(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    trust(ctx);
    SSL_CTX_set_verify(ctx, REQUIRED, NULL);
}
static void mode(SSL_CTX *ctx, int refuse)
{
    trust(ctx);
    SSL_CTX_set_verify(ctx, refuse ? REQUIRED : SSL_VERIFY_PEER, NULL);
}
static void optional(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    trust(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
}
static void mode_none(SSL_CTX *ctx, int refuse)
{
    trust(ctx);
    SSL_CTX_set_verify(ctx, refuse ? REQUIRED : SSL_VERIFY_NONE, NULL);
}
static void trust_only(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    trust(ctx);
}
static void mode_ssl(SSL *ssl, int refuse) { SSL_set_verify(ssl, refuse ? REQUIRED : SSL_VERIFY_NONE, NULL); }
static void mode_ssl_relaxed(SSL *ssl, int refuse) { SSL_set_verify(ssl, refuse ? REQUIRED | SSL_VERIFY_CLIENT_ONCE : SSL_VERIFY_PEER, NULL); }

/* The mode is set while the handshake runs, as nginx and Apache do for one virtual host. */
static int require_late(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    SSL_set_verify(ssl, *(int *)arg ? REQUIRED : SSL_VERIFY_NONE, NULL);
    return SSL_TLSEXT_ERR_OK;
}
static void mode_in_name_callback(SSL_CTX *ctx, int refuse)
{
    static int choice[2] = { 0, 1 };

    trust(ctx);
    SSL_CTX_set_tlsext_servername_callback(ctx, require_late);
    SSL_CTX_set_tlsext_servername_arg(ctx, &choice[refuse]);
}
static int require_in_cert_callback(SSL *ssl, void *arg)
{
    SSL_set_verify(ssl, *(int *)arg ? REQUIRED : SSL_VERIFY_NONE, NULL);
    return 1;
}
static void mode_in_cert_callback(SSL_CTX *ctx, int refuse)
{
    static int choice[2] = { 0, 1 };

    trust(ctx);
    SSL_CTX_set_cert_cb(ctx, require_in_cert_callback, &choice[refuse]);
}
static void name(SSL *ssl, int refuse)
{
    (void)refuse;
    SET(SSL_set_tlsext_host_name(ssl, "localhost"));
}

/* ---- CA ---- */

static void ca_file(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_load_verify_file(ctx, pki(refuse ? "otherca.pem" : "ca.pem")));
    SSL_CTX_set_verify(ctx, REQUIRED, NULL);
}
static void ca_dir(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_load_verify_dir(ctx, pki(refuse ? "otherdir" : "cadir")));
    SSL_CTX_set_verify(ctx, REQUIRED, NULL);
}
static void ca_none(SSL_CTX *ctx, int refuse)
{
    if (!refuse)
        trust(ctx);
    SSL_CTX_set_verify(ctx, REQUIRED, NULL);
}
static void ca_only_named(SSL_CTX *ctx, int refuse)
{
    /* a list of names to send is not trust */
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(pki("ca.pem")));
    ca_none(ctx, refuse);
}
static void ca_of_chain_store(SSL_CTX *ctx, int refuse)
{
    X509_STORE *store = X509_STORE_new();

    /* the store for building the own chain is not trust either */
    SET(X509_STORE_load_file(store, pki("ca.pem")));
    SET(SSL_CTX_set1_chain_cert_store(ctx, store));
    X509_STORE_free(store);
    ca_none(ctx, refuse);
}
static void ca_verify_store(SSL_CTX *ctx, int refuse)
{
    X509_STORE *store = X509_STORE_new();

    SET(X509_STORE_load_file(store, pki(refuse ? "otherca.pem" : "ca.pem")));
    SET(SSL_CTX_set0_verify_cert_store(ctx, store));
    ca_file(ctx, !refuse);
}
static void ca_late(SSL *ssl, int refuse)
{
    SET(X509_STORE_load_file(SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), pki(refuse ? "otherca.pem" : "ca.pem")));
}
static void only_mode(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SSL_CTX_set_verify(ctx, REQUIRED, NULL);
}

/* ---- callbacks ---- */

static int say_no(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}
static int say_yes(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}
static int no_to_all(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 0;
}
static int yes_to_all(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}
static void callback(SSL_CTX *ctx, int refuse)
{
    trust(ctx);
    SSL_CTX_set_verify(ctx, REQUIRED, refuse ? say_no : say_yes);
}
static void callback_without_require(SSL_CTX *ctx, int refuse)
{
    trust(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, refuse ? say_no : say_yes);
}
static void callback_with_require(SSL_CTX *ctx, int refuse)
{
    /* a callback that agrees to everything does not make up for a certificate that is not there */
    trust(ctx);
    SSL_CTX_set_verify(ctx, refuse ? REQUIRED : SSL_VERIFY_PEER, say_yes);
}
static void callback_overrides(SSL_CTX *ctx, int refuse)
{
    trust(ctx);
    SSL_CTX_set_verify(ctx, REQUIRED, refuse ? NULL : say_yes);
}
static void callback_ssl(SSL *ssl, int refuse) { SSL_set_verify(ssl, REQUIRED, refuse ? say_no : say_yes); }
static void whole_callback(SSL_CTX *ctx, int refuse)
{
    SSL_CTX_set_verify(ctx, REQUIRED, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, refuse ? no_to_all : yes_to_all, NULL);
}

/* ---- depth, revocation, purpose, time, strength ---- */

static void depth(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    SSL_CTX_set_verify_depth(ctx, refuse ? 0 : 1);
}
static void depth_ssl(SSL *ssl, int refuse) { SSL_set_verify_depth(ssl, refuse ? 0 : 1); }
static void crl_missing(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    if (!refuse)
        add_crl(ctx, "empty.crl");
    SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK));
}
static void crl_present(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    add_crl(ctx, "ca.crl");
    SET(X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK));
}
static void crl_old(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    add_crl(ctx, refuse ? "old.crl" : "ca.crl");
    SET(X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK));
}
static void purpose(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    SET(SSL_CTX_set_purpose(ctx, refuse ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT));
}
static void at_time(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), AT(refuse ? 2015 : 2030));
}
static void email(SSL *ssl, int refuse)
{
    SET(X509_VERIFY_PARAM_set1_email(SSL_get0_param(ssl), refuse ? "other@example" : "client@example", 0));
}
static void level(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    SSL_CTX_set_security_level(ctx, refuse ? 2 : 0);
}

static void list_size(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    SSL_CTX_set_max_cert_list(ctx, refuse ? 500 : 5000);
}

/* ---- what the server lets the client sign with ---- */

static void client_sigalgs(SSL_CTX *ctx, int refuse)
{
    required(ctx, refuse);
    SET(SSL_CTX_set1_client_sigalgs_list(ctx, refuse ? "RSA-PSS+SHA256:RSA+SHA256" : "ECDSA+SHA256"));
}
static void client_sigalgs_ssl(SSL *ssl, int refuse)
{
    SET(SSL_set1_client_sigalgs_list(ssl, refuse ? "ECDSA+SHA256" : "RSA-PSS+SHA256:RSA+SHA256"));
}
static int no_certificate(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)ssl;
    (void)cert;
    (void)key;
    return 0;
}
static int give_certificate(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    BIO *in = BIO_new_file(pki("client.pem"), "r");

    (void)ssl;
    *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
    BIO_free(in);
    in = BIO_new_file(pki("client.key"), "r");
    *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    return 1;
}
static void client_callback(SSL_CTX *ctx, int refuse) { SSL_CTX_set_client_cert_cb(ctx, refuse ? no_certificate : give_certificate); }

static int cert_callback(SSL *ssl, void *arg)
{
    (void)ssl;
    return *(int *)arg;
}
static void client_cert_cb(SSL_CTX *ctx, int refuse)
{
    static int answer[2] = { 1, 0 };

    SSL_CTX_set_cert_cb(ctx, cert_callback, &answer[refuse]);
}

#define SERVER .server_cert = { "ecdsa", "ecdsa" }
#define CLIENT(good, bad) SERVER, .client_cert = { good, bad }
#define SAME(cert) CLIENT(cert, cert)

static const struct refusal list[] = {
    { "required: no certificate", CLIENT("client", NULL), .server_ctx = required, .versions = VERSION_BOTH },
    { "required: mode decides, no certificate", SAME(NULL), .server_ctx = mode, .versions = VERSION_BOTH },
    { "required: SSL_set_verify, no certificate", SAME(NULL), .server_ctx = trust_only, .server_ssl = mode_ssl, .versions = VERSION_BOTH },
    { "required: SSL_set_verify relaxes the context", SAME(NULL), .server_ctx = required, .server_ssl = mode_ssl_relaxed, .versions = VERSION_13 },
    { "required: set in the server name callback", SAME(NULL), .server_ctx = mode_in_name_callback, .client_ssl = name, .versions = VERSION_BOTH },
    { "required: set in the certificate callback", SAME(NULL), .server_ctx = mode_in_cert_callback, .versions = VERSION_BOTH },
    { "required: callback agrees, no certificate", SAME(NULL), .server_ctx = callback_with_require, .versions = VERSION_BOTH },
    { "required: client callback gives none", SAME(NULL), .server_ctx = required, .client_ctx = client_callback, .versions = VERSION_BOTH },
    { "mode: wrong certificate without being asked", SAME("client-wrongca"), .server_ctx = mode_none, .versions = VERSION_BOTH },
    { "optional: certificate of another CA", CLIENT(NULL, "client-wrongca"), .server_ctx = optional, .versions = VERSION_BOTH },
    { "optional: expired", CLIENT("client", "client-expired"), .server_ctx = optional, .versions = VERSION_BOTH },

    { "CA: another", CLIENT("client", "client-wrongca"), .server_ctx = required, .versions = VERSION_BOTH },
    { "CA: self-signed", CLIENT("client", "selfsigned"), .server_ctx = required, .versions = VERSION_BOTH },
    { "CA: the same name with another key", CLIENT("client", "twin"), .server_ctx = required, .versions = VERSION_BOTH },
    { "CA: SSL_CTX_load_verify_file", SAME("client"), .server_ctx = ca_file, .versions = VERSION_BOTH },
    { "CA: SSL_CTX_load_verify_dir", SAME("client"), .server_ctx = ca_dir, .versions = VERSION_13 },
    { "CA: none", SAME("client"), .server_ctx = ca_none, .versions = VERSION_BOTH },
    { "CA: only in the list of names", SAME("client"), .server_ctx = ca_only_named, .versions = VERSION_BOTH },
    { "CA: only in the store for own chains", SAME("client"), .server_ctx = ca_of_chain_store, .versions = VERSION_13 },
    { "CA: SSL_CTX_set0_verify_cert_store", SAME("client"), .server_ctx = ca_verify_store, .versions = VERSION_BOTH },
    { "CA: store filled late", SAME("client"), .server_ctx = only_mode, .server_ssl = ca_late, .versions = VERSION_BOTH },
    { "CA: intermediate missing", CLIENT("client-chain", "client-leaf"), .server_ctx = required, .versions = VERSION_BOTH },

    { "callback: refuses", SAME("client"), .server_ctx = callback, .versions = VERSION_BOTH },
    { "callback: refuses where a certificate is optional", SAME("client"), .server_ctx = callback_without_require, .versions = VERSION_BOTH },
    { "callback: set on the connection", SAME("client"), .server_ctx = required, .server_ssl = callback_ssl, .versions = VERSION_13 },
    { "callback: overrides a failure", SAME("client-expired"), .server_ctx = callback_overrides, .versions = VERSION_BOTH },
    { "callback: SSL_CTX_set_cert_verify_callback", SAME("client"), .server_ctx = whole_callback, .versions = VERSION_BOTH },

    { "time: expired", CLIENT("client", "client-expired"), .server_ctx = required, .versions = VERSION_BOTH },
    { "time: set before the certificate begins", SAME("client"), .server_ctx = at_time, .versions = VERSION_13 },
    { "depth: SSL_CTX_set_verify_depth", SAME("client-chain"), .server_ctx = depth, .versions = VERSION_BOTH },
    { "depth: SSL_set_verify_depth", SAME("client-chain"), .server_ctx = required, .server_ssl = depth_ssl, .versions = VERSION_13 },
    { "CRL: none there", SAME("client"), .server_ctx = crl_missing, .versions = VERSION_BOTH },
    { "CRL: certificate revoked", CLIENT("client", "client-revoked"), .server_ctx = crl_present, .versions = VERSION_BOTH },
    { "CRL: out of date", SAME("client"), .server_ctx = crl_old, .versions = VERSION_13 },
    { "purpose: certificate of a server", CLIENT("client", "serveronly"), .server_ctx = required, .versions = VERSION_BOTH },
    { "purpose: SSL_CTX_set_purpose", SAME("client"), .server_ctx = purpose, .versions = VERSION_BOTH },
    { "email", SAME("client"), .server_ctx = required, .server_ssl = email, .versions = VERSION_13 },
    { "strength: short RSA key", SAME("weak"), .server_ctx = level, .versions = VERSION_BOTH, .flags = CASE_LOW_LEVEL },
    { "size: SSL_CTX_set_max_cert_list", SAME("client-chain"), .server_ctx = list_size, .versions = VERSION_BOTH },
    { "signature: SSL_CTX_set1_client_sigalgs_list", SAME("client"), .server_ctx = client_sigalgs, .versions = VERSION_BOTH },
    { "signature: SSL_set1_client_sigalgs_list", SAME("client-rsa"), .server_ctx = required, .server_ssl = client_sigalgs_ssl, .versions = VERSION_BOTH },
    { "client: certificate callback says no", SAME("client"), .server_ctx = required, .client_ctx = client_cert_cb, .versions = VERSION_BOTH },
    { .name = NULL },
};

int main(int argc, char **argv)
{
    return refusals_main(argc, argv, list);
}
