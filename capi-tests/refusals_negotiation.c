/* Limits on what is negotiated: each must make the handshake fail when the other side is outside of it. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the fixed-version methods are part of what is tested */
#include "refusals.h"

static void set_versions(SSL_CTX *ctx, int min, int max)
{
    SET(SSL_CTX_set_min_proto_version(ctx, min));
    SET(SSL_CTX_set_max_proto_version(ctx, max));
}

/* ---- versions: the client is at 1.2 or 1.3 only, as the driver sets it, unless the case sets both sides ---- */

static void server_only_12(SSL_CTX *ctx, int refuse)
{
    if (refuse)
        SET(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION));
}
static void server_only_13(SSL_CTX *ctx, int refuse)
{
    if (refuse)
        SET(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION));
}
static void server_ssl_only_12(SSL *ssl, int refuse) { SET(SSL_set_max_proto_version(ssl, refuse ? TLS1_2_VERSION : TLS1_3_VERSION)); }
static void server_ssl_only_13(SSL *ssl, int refuse) { SET(SSL_set_min_proto_version(ssl, refuse ? TLS1_3_VERSION : TLS1_2_VERSION)); }
/* The versions before go too: the reference would fall back to them, ferrossl has none of them. */
#define UP_TO_12 (SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1)
static void server_no_12(SSL_CTX *ctx, int refuse) { SSL_CTX_set_options(ctx, refuse ? UP_TO_12 : 0); }
static void server_no_13(SSL_CTX *ctx, int refuse) { SSL_CTX_set_options(ctx, refuse ? SSL_OP_NO_TLSv1_3 : 0); }
static void server_ssl_no_12(SSL *ssl, int refuse) { SSL_set_options(ssl, refuse ? UP_TO_12 : 0); }
static void server_ssl_no_13(SSL *ssl, int refuse) { SSL_set_options(ssl, refuse ? SSL_OP_NO_TLSv1_3 : 0); }
static void option_cleared(SSL_CTX *ctx, int refuse)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_TLSv1_3);
    if (!refuse)
        SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1_3);
}

static void server_is_12(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    set_versions(ctx, TLS1_2_VERSION, TLS1_2_VERSION);
}
static void server_is_13(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    set_versions(ctx, TLS1_3_VERSION, TLS1_3_VERSION);
}
static void client_min_13(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_min_proto_version(ctx, refuse ? TLS1_3_VERSION : TLS1_2_VERSION)); }
static void client_max_12(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_max_proto_version(ctx, refuse ? TLS1_2_VERSION : 0)); }
static void client_ssl_min_13(SSL *ssl, int refuse) { SET(SSL_set_min_proto_version(ssl, refuse ? TLS1_3_VERSION : 0)); }
static void client_ssl_max_12(SSL *ssl, int refuse) { SET(SSL_set_max_proto_version(ssl, refuse ? TLS1_2_VERSION : TLS1_3_VERSION)); }
static void client_no_12(SSL_CTX *ctx, int refuse) { SSL_CTX_set_options(ctx, refuse ? UP_TO_12 : 0); }
static void client_no_13(SSL_CTX *ctx, int refuse) { SSL_CTX_set_options(ctx, refuse ? SSL_OP_NO_TLSv1_3 : 0); }
static void client_nothing_left(SSL_CTX *ctx, int refuse)
{
    set_versions(ctx, TLS1_2_VERSION, TLS1_3_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TLSv1_3 | (refuse ? SSL_OP_NO_TLSv1_2 : 0));
}

static void conf_command(SSL_CTX *ctx, const char *command, const char *value)
{
    SSL_CONF_CTX *conf = SSL_CONF_CTX_new();

    SSL_CONF_CTX_set_flags(conf, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT | SSL_CONF_FLAG_SERVER);
    SSL_CONF_CTX_set_ssl_ctx(conf, ctx);
    SET(SSL_CONF_cmd(conf, command, value));
    SET(SSL_CONF_CTX_finish(conf));
    SSL_CONF_CTX_free(conf);
}
static void conf_min_13(SSL_CTX *ctx, int refuse) { conf_command(ctx, "MinProtocol", refuse ? "TLSv1.3" : "TLSv1.2"); }
static void conf_protocol(SSL_CTX *ctx, int refuse) { conf_command(ctx, "Protocol", refuse ? "-TLSv1.2,-TLSv1.1,-TLSv1" : "TLSv1.2,TLSv1.3"); }
static void conf_ciphers(SSL_CTX *ctx, int refuse)
{
    conf_command(ctx, "CipherString", refuse ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "ECDHE+AESGCM");
}
static void conf_groups(SSL_CTX *ctx, int refuse) { conf_command(ctx, "Groups", refuse ? "P-384" : "P-384:P-256"); }

/* The version falls back although both could do better (RFC 7507). */
static void fallback(SSL_CTX *ctx, int refuse)
{
    SSL_CTX_set_mode(ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    SET(SSL_CTX_set_max_proto_version(ctx, refuse ? TLS1_2_VERSION : TLS1_3_VERSION));
}

/* ---- ciphers ---- */

static void ciphers_128(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256"));
}
static void ciphers_256(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set_cipher_list(ctx, refuse ? "ECDHE-ECDSA-AES256-GCM-SHA384" : "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"));
}
static void ciphers_ssl(SSL *ssl, int refuse) { SET(SSL_set_cipher_list(ssl, refuse ? "ECDHE+CHACHA20" : "ECDHE")); }
static void ciphers_excluded(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_cipher_list(ctx, refuse ? "ALL:!AESGCM" : "ALL:!CHACHA20")); }
static void ciphers_gcm(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM"));
}
/* the server's certificate decides which of these it can use */
static void ciphers_rsa(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_cipher_list(ctx, refuse ? "ECDHE+aRSA+AESGCM" : "ECDHE+aECDSA+AESGCM")); }
static void suites_128(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"));
}
static void suites_256(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set_ciphersuites(ctx, refuse ? "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256" : "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"));
}
static void suites_ssl(SSL *ssl, int refuse) { SET(SSL_set_ciphersuites(ssl, refuse ? "TLS_CHACHA20_POLY1305_SHA256" : "TLS_AES_128_GCM_SHA256")); }
static void suites_none(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_ciphersuites(ctx, refuse ? "" : "TLS_AES_128_GCM_SHA256")); }
static void level_cipher(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256"));
    SSL_CTX_set_security_level(ctx, refuse ? 4 : 2);
}
static void level_in_string(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set_cipher_list(ctx, refuse ? "ECDHE+AESGCM:@SECLEVEL=5" : "ECDHE+AESGCM:@SECLEVEL=2"));
}

/* ---- groups ---- */

static void groups_256(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SET(SSL_CTX_set1_groups_list(ctx, "P-256"));
}
static void groups_384(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set1_groups_list(ctx, refuse ? "P-384" : "P-384:P-256")); }
static void groups_ssl(SSL *ssl, int refuse) { SET(SSL_set1_groups_list(ssl, refuse ? "X25519" : "X25519:P-256")); }
static void groups_numbers(SSL_CTX *ctx, int refuse)
{
    int some[] = { NID_secp384r1, NID_secp521r1 }, more[] = { NID_secp384r1, NID_X9_62_prime256v1 };

    SET(SSL_CTX_set1_groups(ctx, refuse ? some : more, 2));
}
/* in TLS 1.2 the certificate's curve has to be on the client's list as well */
static void groups_for_certificate(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set1_groups_list(ctx, refuse ? "P-256:X25519" : "P-256:X25519:P-384")); }
static void ecdh_key(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set1_curves_list(ctx, refuse ? "P-521" : "P-521:P-384:P-256"));
}

/* ---- signature algorithms ---- */

static void sigalgs_rsa(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set1_sigalgs_list(ctx, refuse ? "RSA-PSS+SHA256:RSA+SHA256" : "RSA-PSS+SHA256:ECDSA+SHA256"));
}
static void sigalgs_ssl(SSL *ssl, int refuse) { SET(SSL_set1_sigalgs_list(ssl, refuse ? "rsa_pss_rsae_sha256" : "ecdsa_secp256r1_sha256")); }
static void sigalgs_384(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set1_sigalgs_list(ctx, refuse ? "ecdsa_secp384r1_sha384" : "ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256"));
}
static void sigalgs_numbers(SSL_CTX *ctx, int refuse)
{
    const int rsa[] = { NID_sha256, EVP_PKEY_RSA_PSS }, ecdsa[] = { NID_sha256, EVP_PKEY_EC };

    SET(SSL_CTX_set1_sigalgs(ctx, refuse ? rsa : ecdsa, 2));
}
static void sigalgs_without_ed25519(SSL_CTX *ctx, int refuse)
{
    SET(SSL_CTX_set1_sigalgs_list(ctx, refuse ? "ECDSA+SHA256" : "ECDSA+SHA256:ed25519"));
}

/* ---- the server's own ---- */

static int select_h2(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen, void *arg)
{
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto((unsigned char **)out, outlen, (const unsigned char *)"\x02h2", 3, in, inlen) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}
static void alpn_server(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SSL_CTX_set_alpn_select_cb(ctx, select_h2, NULL);
}
static void alpn_client(SSL_CTX *ctx, int refuse)
{
    const char *protocols = refuse ? "\x08http/1.1" : "\x08http/1.1\x02h2";

    SET(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)protocols, (unsigned)strlen(protocols)) == 0);
}

static int name_is_known(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)arg;
    if (name != NULL && strcmp(name, "localhost") == 0)
        return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}
static int name_has_other_alert(SSL *ssl, int *alert, void *arg)
{
    int answer = name_is_known(ssl, alert, arg);

    if (answer != SSL_TLSEXT_ERR_OK)
        *alert = SSL_AD_ACCESS_DENIED;
    return answer;
}
static void name_server(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SSL_CTX_set_tlsext_servername_callback(ctx, name_is_known);
}
static void name_server_alert(SSL_CTX *ctx, int refuse)
{
    (void)refuse;
    SSL_CTX_set_tlsext_servername_callback(ctx, name_has_other_alert);
}
static void name_client(SSL *ssl, int refuse)
{
    SET(SSL_set_tlsext_host_name(ssl, refuse ? "other.example" : "localhost"));
}

static int hello_answer(SSL *ssl, int *alert, void *arg)
{
    (void)ssl;
    *alert = SSL_AD_ACCESS_DENIED;
    return *(int *)arg;
}
static void hello_callback(SSL_CTX *ctx, int refuse)
{
    static int answer[2] = { SSL_CLIENT_HELLO_SUCCESS, SSL_CLIENT_HELLO_ERROR };

    SSL_CTX_set_client_hello_cb(ctx, hello_answer, &answer[refuse]);
}

static int cert_answer(SSL *ssl, void *arg)
{
    (void)ssl;
    return *(int *)arg;
}
static void cert_callback(SSL_CTX *ctx, int refuse)
{
    static int answer[2] = { 1, 0 };

    SSL_CTX_set_cert_cb(ctx, cert_answer, &answer[refuse]);
}
static void cert_callback_ssl(SSL *ssl, int refuse)
{
    static int answer[2] = { 1, 0 };

    SSL_set_cert_cb(ssl, cert_answer, &answer[refuse]);
}
static void method_12(SSL_CTX *ctx, int refuse) { SET(SSL_CTX_set_ssl_version(ctx, refuse ? TLSv1_2_server_method() : TLS_server_method())); }

#define SERVER(good, bad) .server_cert = { good, bad }
#define SAME(cert) SERVER(cert, cert)
#define BOTH .versions = VERSION_BOTH
#define ONLY_12 .versions = VERSION_12
#define ONLY_13 .versions = VERSION_13

static const struct refusal list[] = {
    { "version: server's maximum", SAME("ecdsa"), .server_ctx = server_only_12, ONLY_13 },
    { "version: server's minimum", SAME("ecdsa"), .server_ctx = server_only_13, ONLY_12 },
    { "version: maximum of the server's connection", SAME("ecdsa"), .server_ssl = server_ssl_only_12, ONLY_13 },
    { "version: minimum of the server's connection", SAME("ecdsa"), .server_ssl = server_ssl_only_13, ONLY_12 },
    { "version: server's SSL_OP_NO_TLSv1_2", SAME("ecdsa"), .server_ctx = server_no_12, ONLY_12 },
    { "version: server's SSL_OP_NO_TLSv1_3", SAME("ecdsa"), .server_ctx = server_no_13, ONLY_13 },
    { "version: SSL_OP_NO_TLSv1_2 of the server's connection", SAME("ecdsa"), .server_ssl = server_ssl_no_12, ONLY_12 },
    { "version: SSL_OP_NO_TLSv1_3 of the server's connection", SAME("ecdsa"), .server_ssl = server_ssl_no_13, ONLY_13 },
    { "version: SSL_CTX_clear_options", SAME("ecdsa"), .server_ctx = option_cleared, ONLY_13 },
    { "version: server's SSL_CTX_set_ssl_version", SAME("ecdsa"), .server_ctx = method_12, ONLY_13 },
    { "version: client's minimum", SAME("ecdsa"), .server_ctx = server_is_12, .client_ctx = client_min_13, .flags = CASE_OWN_VERSION, ONLY_13 },
    { "version: client's maximum", SAME("ecdsa"), .server_ctx = server_is_13, .client_ctx = client_max_12, .flags = CASE_OWN_VERSION, ONLY_12 },
    { "version: minimum of the client's connection", SAME("ecdsa"), .server_ctx = server_is_12, .client_ssl = client_ssl_min_13, .flags = CASE_OWN_VERSION, ONLY_13 },
    { "version: maximum of the client's connection", SAME("ecdsa"), .server_ctx = server_is_13, .client_ssl = client_ssl_max_12, .flags = CASE_OWN_VERSION, ONLY_12 },
    { "version: client's SSL_OP_NO_TLSv1_2", SAME("ecdsa"), .server_ctx = server_is_12, .client_ctx = client_no_12, .flags = CASE_OWN_VERSION, ONLY_12 },
    { "version: client's SSL_OP_NO_TLSv1_3", SAME("ecdsa"), .server_ctx = server_is_13, .client_ctx = client_no_13, .flags = CASE_OWN_VERSION, ONLY_13 },
    { "version: none left", SAME("ecdsa"), .client_ctx = client_nothing_left, .flags = CASE_OWN_VERSION, ONLY_12 },
    { "version: MinProtocol", SAME("ecdsa"), .server_ctx = conf_min_13, ONLY_12 },
    { "version: Protocol", SAME("ecdsa"), .server_ctx = conf_protocol, ONLY_12 },
    { "version: fallback", SAME("ecdsa"), .client_ctx = fallback, .flags = CASE_OWN_VERSION, ONLY_12 },

    { "ciphers: no shared one, client's list", SAME("ecdsa"), .server_ctx = ciphers_128, .client_ctx = ciphers_256, ONLY_12 },
    { "ciphers: no shared one, server's list", SAME("ecdsa"), .server_ctx = ciphers_256, .client_ctx = ciphers_128, ONLY_12 },
    { "ciphers: client's connection", SAME("ecdsa"), .server_ctx = ciphers_gcm, .client_ssl = ciphers_ssl, ONLY_12 },
    { "ciphers: server's connection", SAME("ecdsa"), .client_ctx = ciphers_gcm, .server_ssl = ciphers_ssl, ONLY_12 },
    { "ciphers: excluded", SAME("ecdsa"), .client_ctx = ciphers_gcm, .server_ctx = ciphers_excluded, ONLY_12 },
    { "ciphers: authentication of another kind", SAME("ecdsa"), .client_ctx = ciphers_rsa, ONLY_12 },
    { "ciphers: server's authentication of another kind", SAME("ecdsa"), .server_ctx = ciphers_rsa, ONLY_12 },
    { "ciphers: CipherString", SAME("ecdsa"), .server_ctx = conf_ciphers, .client_ssl = ciphers_ssl, .versions = VERSION_12 },
    { "ciphers: TLS 1.3, client's list", SAME("ecdsa"), .server_ctx = suites_128, .client_ctx = suites_256, ONLY_13 },
    { "ciphers: TLS 1.3, server's list", SAME("ecdsa"), .server_ctx = suites_256, .client_ctx = suites_128, ONLY_13 },
    { "ciphers: TLS 1.3, client's connection", SAME("ecdsa"), .server_ctx = suites_128, .client_ssl = suites_ssl, ONLY_13 },
    { "ciphers: TLS 1.3, server's connection", SAME("ecdsa"), .client_ctx = suites_128, .server_ssl = suites_ssl, ONLY_13 },
    { "ciphers: TLS 1.3, client has none", SAME("ecdsa"), .client_ctx = suites_none, ONLY_13 },
    { "ciphers: TLS 1.3, server has none", SAME("ecdsa"), .server_ctx = suites_none, ONLY_13 },
    { "security level: client's ciphers", SAME("ecdsa"), .client_ctx = level_cipher, ONLY_12 },
    { "security level: server's ciphers", SAME("ecdsa"), .server_ctx = level_cipher, ONLY_12 },
    { "security level: in the client's list", SAME("ecdsa"), .client_ctx = level_in_string, BOTH },

    { "groups: client's list", SAME("ecdsa"), .server_ctx = groups_256, .client_ctx = groups_384, BOTH },
    { "groups: server's list", SAME("ecdsa"), .server_ctx = groups_384, .client_ctx = groups_256, BOTH },
    { "groups: client's connection", SAME("ecdsa"), .server_ctx = groups_256, .client_ssl = groups_ssl, BOTH },
    { "groups: server's connection", SAME("ecdsa"), .client_ctx = groups_256, .server_ssl = groups_ssl, BOTH },
    { "groups: by number", SAME("ecdsa"), .server_ctx = groups_256, .client_ctx = groups_numbers, BOTH },
    { "groups: by the older name", SAME("ecdsa"), .server_ctx = ecdh_key, .client_ctx = groups_256, BOTH },
    { "groups: Groups", SAME("ecdsa"), .server_ctx = conf_groups, .client_ctx = groups_256, BOTH },
    { "groups: of the certificate", SAME("p384"), .client_ctx = groups_for_certificate, ONLY_12 },

    { "signatures: client's list", SAME("ecdsa"), .client_ctx = sigalgs_rsa, BOTH },
    { "signatures: server's list", SAME("ecdsa"), .server_ctx = sigalgs_rsa, BOTH },
    { "signatures: client's connection", SAME("ecdsa"), .client_ssl = sigalgs_ssl, BOTH },
    { "signatures: server's connection", SAME("ecdsa"), .server_ssl = sigalgs_ssl, BOTH },
    { "signatures: another curve", SAME("ecdsa"), .client_ctx = sigalgs_384, ONLY_13 },
    { "signatures: by number", SAME("ecdsa"), .client_ctx = sigalgs_numbers, BOTH },
    { "signatures: Ed25519 not on the list", SAME("ed25519"), .client_ctx = sigalgs_without_ed25519, BOTH },

    { "server: no certificate", SERVER("ecdsa", NULL), BOTH },
    { "server: no protocol in common", SAME("ecdsa"), .server_ctx = alpn_server, .client_ctx = alpn_client, BOTH },
    { "server: unknown name", SAME("ecdsa"), .server_ctx = name_server, .client_ssl = name_client, BOTH },
    { "server: unknown name, alert of its own", SAME("ecdsa"), .server_ctx = name_server_alert, .client_ssl = name_client, BOTH },
    { "server: client-hello callback", SAME("ecdsa"), .server_ctx = hello_callback, BOTH },
    { "server: certificate callback", SAME("ecdsa"), .server_ctx = cert_callback, BOTH },
    { "server: certificate callback of the connection", SAME("ecdsa"), .server_ssl = cert_callback_ssl, BOTH },
    { .name = NULL },
};

int main(int argc, char **argv)
{
    return refusals_main(argc, argv, list);
}
