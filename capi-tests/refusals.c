/* Trust settings of a client: each must make the handshake with a server fail that the setting excludes. */
#include "refusals.h"

#define AT(year) ((time_t)((year) - 1970) * 31557600)

static X509_VERIFY_PARAM *param(SSL *ssl)
{
    return SSL_get0_param(ssl);
}

static X509_CRL *load_crl(const char *file)
{
    BIO *in = BIO_new_file(pki(file), "r");
    X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);

    BIO_free(in);
    if (crl == NULL)
        check_give_up(file);
    return crl;
}

static void add_crl(X509_STORE *store, const char *file)
{
    X509_CRL *crl = load_crl(file);

    SET(X509_STORE_add_crl(store, crl));
    X509_CRL_free(crl);
}

static X509_STORE *store_with(const char *file)
{
    X509_STORE *store = X509_STORE_new();

    if (file != NULL)
        SET(X509_STORE_load_file(store, pki(file)));
    return store;
}

/* ---- which CA ---- */

static void ca_file(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_load_verify_file(ctx, pki(refuse ? "otherca.pem" : "ca.pem"))); }
static void ca_dir(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_load_verify_dir(ctx, pki(refuse ? "otherdir" : "cadir"))); }
static void ca_store(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_load_verify_store(ctx, pki(refuse ? "otherca.pem" : "ca.pem"))); }
static void ca_file_twin(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_load_verify_file(ctx, pki(refuse ? "twinca.pem" : "ca.pem"))); }

static void ca_none(SSL_CTX *ctx, int refuse)
{
    if (!refuse)
        SET(SSL_CTX_load_verify_locations(ctx, pki("ca.pem"), NULL));
}

static void ca_locations(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_load_verify_locations(ctx, pki("otherca.pem"), pki(refuse ? "otherdir" : "cadir")));
}

static void ca_default(SSL_CTX *ctx, int refuse)
{
    setenv("SSL_CERT_FILE", pki(refuse ? "otherca.pem" : "ca.pem"), 1);
    setenv("SSL_CERT_DIR", pki("otherdir"), 1);
    SET(SSL_CTX_set_default_verify_paths(ctx));
}

static void ca_default_dir(SSL_CTX *ctx, int refuse)
{
    setenv("SSL_CERT_DIR", pki(refuse ? "otherdir" : "cadir"), 1);
    SET(SSL_CTX_set_default_verify_dir(ctx));
}

static void ca_set_store(SSL_CTX *ctx, int refuse) { SSL_CTX_set_cert_store(ctx, store_with(refuse ? "otherca.pem" : "ca.pem")); }
static void ca_replaced_store(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_load_verify_file(ctx, pki(refuse ? "ca.pem" : "otherca.pem")));
    SSL_CTX_set1_cert_store(ctx, NULL);
    ca_set_store(ctx, refuse);
}

static void ca_verify_store(SSL_CTX *ctx, int refuse)
{
    X509_STORE *store = store_with(refuse ? "otherca.pem" : "ca.pem");

    SET(SSL_CTX_load_verify_file(ctx, pki(refuse ? "ca.pem" : "otherca.pem")));
    SET(SSL_CTX_set1_verify_cert_store(ctx, store));
    X509_STORE_free(store);
}

static void ca_ssl_verify_store(SSL *ssl, int refuse)
{
    SET(SSL_set0_verify_cert_store(ssl, store_with(refuse ? "otherca.pem" : "ca.pem")));
}

/* The store is filled after the connection was made, as curl does. */
static void ca_late(SSL *ssl, int refuse)
{
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));

    SET(X509_STORE_load_file(store, pki(refuse ? "otherca.pem" : "ca.pem")));
}

static void trust_intermediate(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_load_verify_file(ctx, pki("inter.pem")));
    if (!refuse)
        SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN));
}

static void add_intermediate(SSL_CTX *ctx, int refuse)
{
    if (!refuse)
        SET(SSL_CTX_load_verify_file(ctx, pki("inter.pem")));
}

static void accept_selfsigned(SSL_CTX *ctx, int refuse)
{
    if (!refuse)
        SET(SSL_CTX_load_verify_file(ctx, pki("selfsigned.pem")));
}

/* ---- verify modes and callbacks ---- */

static int say_no(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static int say_no_quietly(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 0;
}

static int say_yes(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

static int verify_all_no(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static int verify_all_yes(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

static void mode(SSL_CTX *ctx, int refuse) { SSL_CTX_set_verify(ctx, refuse ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL); }
static void mode_ssl(SSL *ssl, int refuse) { SSL_set_verify(ssl, refuse ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL); }
static void start_none(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
}
static void callback_no(SSL_CTX *ctx, int refuse) { SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, refuse ? say_no : say_yes); }
static void callback_quiet_no(SSL_CTX *ctx, int refuse) { SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, refuse ? say_no_quietly : say_yes); }
static void callback_ssl_no(SSL *ssl, int refuse) { SSL_set_verify(ssl, SSL_VERIFY_PEER, refuse ? say_no : say_yes); }
static void callback_overrides(SSL_CTX *ctx, int refuse) { SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, refuse ? NULL : say_yes); }
static void whole_callback(SSL_CTX *ctx, int refuse)
{
    SSL_CTX_set_cert_verify_callback(ctx, refuse ? verify_all_no : verify_all_yes, NULL);
}
static void store_callback(SSL_CTX *ctx, int refuse)
{
    X509_STORE_set_verify_cb(SSL_CTX_get_cert_store(ctx), refuse ? say_no : say_yes);
}

/* ---- names ---- */

static void host_ssl(SSL *ssl, int refuse) { SET(SSL_set1_host(ssl, refuse ? "other.example" : "localhost")); }
static void host_param(SSL *ssl, int refuse) { SET(X509_VERIFY_PARAM_set1_host(param(ssl), refuse ? "localhos" : "localhost", 0)); }
static void host_ctx(SSL_CTX *ctx, int refuse)
{
    SET(X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ctx), refuse ? "a.localhost" : "localhost", 0));
}
static void host_localhost(SSL *ssl, int refuse)
{
    (void)refuse;
    SET(SSL_set1_host(ssl, "localhost"));
}
static void host_several(SSL *ssl, int refuse)
{
    SET(SSL_set1_host(ssl, "other.example"));
    SET(SSL_add1_host(ssl, refuse ? "third.example" : "localhost"));
}
static void host_wild(SSL *ssl, int refuse) { SET(SSL_set1_host(ssl, refuse ? "a.b.wild.example" : "a.wild.example")); }
static void host_no_wild(SSL *ssl, int refuse)
{
    SET(SSL_set1_host(ssl, "a.wild.example"));
    SSL_set_hostflags(ssl, refuse ? X509_CHECK_FLAG_NO_WILDCARDS : 0);
}
static void host_partial(SSL *ssl, int refuse)
{
    SET(SSL_set1_host(ssl, "party.half.example"));
    SSL_set_hostflags(ssl, refuse ? X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS : 0);
}
static void host_subject(SSL *ssl, int refuse)
{
    SET(SSL_set1_host(ssl, "localhost"));
    SSL_set_hostflags(ssl, refuse ? X509_CHECK_FLAG_NEVER_CHECK_SUBJECT : 0);
}
static void ip_text(SSL *ssl, int refuse) { SET(X509_VERIFY_PARAM_set1_ip_asc(param(ssl), refuse ? "127.0.0.2" : "127.0.0.1")); }
static void ip_six(SSL *ssl, int refuse) { SET(X509_VERIFY_PARAM_set1_ip_asc(param(ssl), refuse ? "::2" : "::1")); }
static void ip_bytes(SSL *ssl, int refuse)
{
    const unsigned char address[] = { 127, 0, 0, refuse ? 9 : 1 };

    SET(X509_VERIFY_PARAM_set1_ip(param(ssl), address, sizeof address));
}
static void ip_as_host(SSL *ssl, int refuse) { SET(SSL_set1_host(ssl, refuse ? "127.0.0.3" : "127.0.0.1")); }
static void email(SSL *ssl, int refuse) { SET(X509_VERIFY_PARAM_set1_email(param(ssl), refuse ? "x@mail.example" : "host@mail.example", 0)); }

/* ---- depth ---- */

static void depth_ctx(SSL_CTX *ctx, int refuse) { SSL_CTX_set_verify_depth(ctx, refuse ? 0 : 1); }
static void depth_ssl(SSL *ssl, int refuse) { SSL_set_verify_depth(ssl, refuse ? 1 : 2); }
static void depth_param(SSL *ssl, int refuse) { X509_VERIFY_PARAM_set_depth(param(ssl), refuse ? 1 : 5); }

/* ---- revocation ---- */

static void crl_missing(SSL_CTX *ctx, int refuse)
{
    SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK));
    if (!refuse)
        add_crl(SSL_CTX_get_cert_store(ctx), "empty.crl");
}
static void crl_present(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    add_crl(SSL_CTX_get_cert_store(ctx), "ca.crl");
    SET(X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK));
}
static void crl_flag(SSL_CTX *ctx, int refuse)
{
    add_crl(SSL_CTX_get_cert_store(ctx), "ca.crl");
    if (refuse)
        SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK));
}
static void crl_ssl_flag(SSL *ssl, int refuse)
{
    if (refuse)
        SET(X509_VERIFY_PARAM_set_flags(param(ssl), X509_V_FLAG_CRL_CHECK));
}
static void crl_in_store(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    add_crl(SSL_CTX_get_cert_store(ctx), "ca.crl");
}
static void crl_old(SSL_CTX *ctx, int refuse)
{
    add_crl(SSL_CTX_get_cert_store(ctx), refuse ? "old.crl" : "ca.crl");
    SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK));
}
static void crl_all(SSL_CTX *ctx, int refuse)
{
    add_crl(SSL_CTX_get_cert_store(ctx), "inter.crl");
    if (!refuse)
        add_crl(SSL_CTX_get_cert_store(ctx), "ca.crl");
    SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL));
}
static void crl_directory(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_load_verify_locations(ctx, NULL, pki("crldir")));
    SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_CRL_CHECK));
}

/* ---- purpose, trust, time, strength ---- */

static void purpose(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_purpose(ctx, refuse ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER)); }
static void purpose_ssl(SSL *ssl, int refuse) { SET(SSL_set_purpose(ssl, refuse ? X509_PURPOSE_SMIME_SIGN : X509_PURPOSE_SSL_SERVER)); }
static void purpose_param(SSL *ssl, int refuse)
{
    SET(X509_VERIFY_PARAM_set_purpose(param(ssl), refuse ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_ANY));
}
static void time_early(SSL_CTX *ctx, int refuse) { X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), AT(refuse ? 2015 : 2030)); }
static void time_late(SSL *ssl, int refuse) { X509_VERIFY_PARAM_set_time(param(ssl), AT(refuse ? 2060 : 2030)); }
static void level(SSL_CTX *ctx, int refuse) { SSL_CTX_set_security_level(ctx, refuse ? 2 : 0); }
static void level_ssl(SSL *ssl, int refuse) { SSL_set_security_level(ssl, refuse ? 2 : 0); }
static void auth_level(SSL *ssl, int refuse)
{
    if (refuse)
        X509_VERIFY_PARAM_set_auth_level(param(ssl), 4);
}
static void strict(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_load_verify_file(ctx, pki("twinca.pem")));
    if (refuse)
        SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT));
}
static void suite_b(SSL_CTX *ctx, int refuse)
{
    SET(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), refuse ? X509_V_FLAG_SUITEB_192_LOS : X509_V_FLAG_TRUSTED_FIRST));
}
static void param_copy(SSL_CTX *ctx, int refuse)
{
    X509_VERIFY_PARAM *own = X509_VERIFY_PARAM_new();

    SET(X509_VERIFY_PARAM_set1_host(own, refuse ? "other.example" : "localhost", 0));
    SET(SSL_CTX_set1_param(ctx, own));
    X509_VERIFY_PARAM_free(own);
}

/* ---- size of the chain, stapled responses ---- */

static void list_size(SSL_CTX *ctx, int refuse) { SSL_CTX_set_max_cert_list(ctx, refuse ? 500 : 5000); }
static void list_size_ssl(SSL *ssl, int refuse) { SSL_set_max_cert_list(ssl, refuse ? 500 : 5000); }

static int judge_staple(SSL *ssl, void *arg)
{
    const unsigned char *response;

    (void)arg;
    return SSL_get_tlsext_status_ocsp_resp(ssl, &response) == 6;
}
static int staple(SSL *ssl, void *arg)
{
    const char *response = *(int *)arg ? "late" : "fresh";

    SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_strdup(response), (long)strlen(response) + 1);
    return SSL_TLSEXT_ERR_OK;
}
static int staple_fails(SSL *ssl, void *arg)
{
    (void)ssl;
    return *(int *)arg ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}
static void ask_staple(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp));
    SET(SSL_CTX_set_tlsext_status_cb(ctx, judge_staple));
}
static void ask_staple_only(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp));
}
static int choice[2] = { 0, 1 };
static void give_staple(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set_tlsext_status_cb(ctx, staple));
    SET(SSL_CTX_set_tlsext_status_arg(ctx, &choice[refuse]));
}
static void give_none(SSL_CTX *ctx, int refuse)
{
    if (!refuse)
        give_staple(ctx, refuse);
}
static void fail_to_staple(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set_tlsext_status_cb(ctx, staple_fails));
    SET(SSL_CTX_set_tlsext_status_arg(ctx, &choice[refuse]));
}

#define SERVER(good, bad) .server_cert = { good, bad }
#define SAME(cert) SERVER(cert, cert)

static const struct refusal list[] = {
    { "CA: none", SAME("ecdsa"), .client_ctx = ca_none, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: SSL_CTX_load_verify_file", SAME("ecdsa"), .client_ctx = ca_file, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: SSL_CTX_load_verify_dir", SAME("ecdsa"), .client_ctx = ca_dir, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: SSL_CTX_load_verify_store", SAME("ecdsa"), .client_ctx = ca_store, .flags = CASE_NO_TRUST, .versions = VERSION_13 },
    { "CA: SSL_CTX_load_verify_locations", SAME("ecdsa"), .client_ctx = ca_locations, .flags = CASE_NO_TRUST, .versions = VERSION_13 },
    { "CA: the same name with another key", SAME("ecdsa"), .client_ctx = ca_file_twin, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: signature of another key under the CA's name", SERVER("ecdsa", "twin"), .versions = VERSION_BOTH },
    { "CA: default paths", SAME("ecdsa"), .client_ctx = ca_default, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: default folder", SAME("ecdsa"), .client_ctx = ca_default_dir, .flags = CASE_NO_TRUST, .versions = VERSION_13 },
    { "CA: SSL_CTX_set_cert_store", SAME("ecdsa"), .client_ctx = ca_set_store, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: store replaced", SAME("ecdsa"), .client_ctx = ca_replaced_store, .flags = CASE_NO_TRUST, .versions = VERSION_13 },
    { "CA: SSL_CTX_set1_verify_cert_store", SAME("ecdsa"), .client_ctx = ca_verify_store, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: SSL_set0_verify_cert_store", SAME("ecdsa"), .client_ssl = ca_ssl_verify_store, .flags = CASE_NO_TRUST, .versions = VERSION_13 },
    { "CA: store filled late", SAME("ecdsa"), .client_ssl = ca_late, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },
    { "CA: issued by another", SERVER("ecdsa", "client-wrongca"), .versions = VERSION_BOTH },
    { "CA: self-signed leaf", SAME("selfsigned"), .client_ctx = accept_selfsigned, .versions = VERSION_BOTH },
    { "CA: intermediate missing", SERVER("ecdsa-chain", "ecdsa-leaf"), .versions = VERSION_BOTH },
    { "CA: intermediate in the store", SAME("ecdsa-leaf"), .client_ctx = add_intermediate, .versions = VERSION_BOTH },
    { "CA: only the intermediate is trusted", SAME("ecdsa-leaf"), .client_ctx = trust_intermediate, .flags = CASE_NO_TRUST, .versions = VERSION_BOTH },

    { "mode: SSL_CTX_set_verify", SAME("client-wrongca"), .client_ctx = mode, .versions = VERSION_BOTH },
    { "mode: SSL_set_verify", SAME("client-wrongca"), .client_ctx = start_none, .client_ssl = mode_ssl, .versions = VERSION_BOTH },
    { "callback: refuses with an error of its own", SAME("ecdsa"), .client_ctx = callback_no, .versions = VERSION_BOTH },
    { "callback: refuses without setting an error", SAME("ecdsa"), .client_ctx = callback_quiet_no, .versions = VERSION_BOTH },
    { "callback: set on the connection", SAME("ecdsa"), .client_ssl = callback_ssl_no, .versions = VERSION_13 },
    { "callback: overrides a failure", SAME("selfsigned"), .client_ctx = callback_overrides, .versions = VERSION_BOTH },
    { "callback: SSL_CTX_set_cert_verify_callback", SAME("ecdsa"), .client_ctx = whole_callback, .versions = VERSION_BOTH },
    { "callback: of the store", SAME("ecdsa"), .client_ctx = store_callback, .versions = VERSION_13 },

    { "time: expired", SERVER("ecdsa", "expired"), .versions = VERSION_BOTH },
    { "time: not yet valid", SERVER("ecdsa", "notyet"), .versions = VERSION_BOTH },
    { "time: set before the certificate begins", SAME("ecdsa"), .client_ctx = time_early, .versions = VERSION_BOTH },
    { "time: set after the certificate ends", SAME("ecdsa"), .client_ssl = time_late, .versions = VERSION_13 },

    { "host: certificate for another", SERVER("ecdsa", "wronghost"), .client_ssl = host_localhost, .versions = VERSION_BOTH },
    { "host: SSL_set1_host", SAME("ecdsa"), .client_ssl = host_ssl, .versions = VERSION_BOTH },
    { "host: X509_VERIFY_PARAM_set1_host", SAME("ecdsa"), .client_ssl = host_param, .versions = VERSION_13 },
    { "host: set on the context", SAME("ecdsa"), .client_ctx = host_ctx, .versions = VERSION_BOTH },
    { "host: SSL_add1_host", SAME("ecdsa"), .client_ssl = host_several, .versions = VERSION_13 },
    { "host: SSL_CTX_set1_param", SAME("ecdsa"), .client_ctx = param_copy, .versions = VERSION_13 },
    { "host: wildcard covers one label", SAME("multi"), .client_ssl = host_wild, .versions = VERSION_13 },
    { "host: no wildcards", SAME("multi"), .client_ssl = host_no_wild, .versions = VERSION_BOTH },
    { "host: no partial wildcards", SAME("multi"), .client_ssl = host_partial, .versions = VERSION_13 },
    { "host: subject is not looked at", SAME("cnonly"), .client_ssl = host_subject, .versions = VERSION_BOTH },
    { "host: no name in the certificate", SERVER("ecdsa", "noname"), .client_ssl = host_localhost, .versions = VERSION_13 },
    { "address: text", SAME("ecdsa"), .client_ssl = ip_text, .versions = VERSION_BOTH },
    { "address: version 6", SAME("ecdsa"), .client_ssl = ip_six, .versions = VERSION_13 },
    { "address: bytes", SAME("ecdsa"), .client_ssl = ip_bytes, .versions = VERSION_13 },
    { "address: SSL_set1_host", SAME("ecdsa"), .client_ssl = ip_as_host, .versions = VERSION_13, .flags = CASE_NO_SUCCESS },
    { "email", SAME("multi"), .client_ssl = email, .versions = VERSION_13 },

    { "depth: SSL_CTX_set_verify_depth", SAME("ecdsa-chain"), .client_ctx = depth_ctx, .versions = VERSION_BOTH },
    { "depth: SSL_set_verify_depth", SAME("deep-chain"), .client_ssl = depth_ssl, .versions = VERSION_BOTH },
    { "depth: X509_VERIFY_PARAM_set_depth", SAME("deep-chain"), .client_ssl = depth_param, .versions = VERSION_13 },

    { "CRL: none there", SAME("ecdsa"), .client_ctx = crl_missing, .versions = VERSION_BOTH },
    { "CRL: certificate revoked", SERVER("ecdsa", "revoked"), .client_ctx = crl_present, .versions = VERSION_BOTH },
    { "CRL: checked only with the flag", SAME("revoked"), .client_ctx = crl_flag, .versions = VERSION_BOTH },
    { "CRL: flag on the connection", SAME("revoked"), .client_ctx = crl_in_store, .client_ssl = crl_ssl_flag, .versions = VERSION_13 },
    { "CRL: out of date", SAME("ecdsa"), .client_ctx = crl_old, .versions = VERSION_BOTH },
    { "CRL: of the whole chain", SAME("ecdsa-chain"), .client_ctx = crl_all, .versions = VERSION_13 },
    { "CRL: found in a folder", SERVER("ecdsa", "revoked"), .client_ctx = crl_directory, .versions = VERSION_13 },

    { "purpose: certificate of a client", SERVER("ecdsa", "client"), .versions = VERSION_BOTH },
    { "purpose: SSL_CTX_set_purpose", SAME("serveronly"), .client_ctx = purpose, .versions = VERSION_BOTH },
    { "purpose: SSL_set_purpose", SAME("serveronly"), .client_ssl = purpose_ssl, .versions = VERSION_13 },
    { "purpose: X509_VERIFY_PARAM_set_purpose", SAME("serveronly"), .client_ssl = purpose_param, .versions = VERSION_13 },
    { "purpose: key usage without signatures", SERVER("ecdsa", "badkeyusage"), .versions = VERSION_12 },
    { "strength: short RSA key", SAME("weak"), .client_ctx = level, .flags = CASE_LOW_LEVEL, .versions = VERSION_BOTH },
    { "strength: SHA-1 signature", SAME("sha1"), .client_ssl = level_ssl, .flags = CASE_LOW_LEVEL, .versions = VERSION_BOTH },
    { "strength: X509_VERIFY_PARAM_set_auth_level", SAME("rsa"), .client_ssl = auth_level, .versions = VERSION_BOTH },
    { "strict: CA without key identifiers", SAME("twin"), .client_ctx = strict, .flags = CASE_NO_TRUST, .versions = VERSION_13 },
    { "strict: Suite B", SAME("ecdsa"), .client_ctx = suite_b, .versions = VERSION_13 },

    { "size: SSL_CTX_set_max_cert_list", SAME("ecdsa-chain"), .client_ctx = list_size, .versions = VERSION_BOTH },
    { "size: SSL_set_max_cert_list", SAME("ecdsa-chain"), .client_ssl = list_size_ssl, .versions = VERSION_BOTH },
    { "staple: another response", SAME("ecdsa"), .client_ctx = ask_staple, .server_ctx = give_staple, .versions = VERSION_BOTH },
    { "staple: no response", SAME("ecdsa"), .client_ctx = ask_staple, .server_ctx = give_none, .versions = VERSION_BOTH },
    { "staple: server's callback fails", SAME("ecdsa"), .client_ctx = ask_staple_only, .server_ctx = fail_to_staple, .versions = VERSION_BOTH },
    { .name = NULL },
};

int main(int argc, char **argv)
{
    return refusals_main(argc, argv, list);
}
