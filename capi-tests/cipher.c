/*
 * SSL_CTX_set_cipher_list(3), SSL_CTX_set_ciphersuites(3), SSL_get_ciphers(3), SSL_CIPHER_get_name(3), openssl-ciphers(1): the
 * cipher string language, the getters of a suite, and which suite two sides choose.
 *
 * Lists are printed without the suites that are refused by design (CBC, CCM, ARIA, Camellia, static RSA, DHE, PSK, SRP): what is
 * left must have the same members in the same order.
 */
#include "peer.h"

static const char *const supported[] = {
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
};
static const unsigned char wire[][2] = {
    { 0x13, 0x02 }, { 0x13, 0x03 }, { 0x13, 0x01 }, { 0xc0, 0x2c }, { 0xc0, 0x30 }, { 0xcc, 0xa9 }, { 0xcc, 0xa8 }, { 0xc0, 0x2b }, { 0xc0, 0x2f },
};
#define SUPPORTED (sizeof supported / sizeof *supported)

static int is_supported(const char *name)
{
    for (size_t i = 0; i < SUPPORTED; i++)
        if (strcmp(name, supported[i]) == 0)
            return 1;
    return 0;
}

static void show_list(const char *label, const STACK_OF(SSL_CIPHER) *list)
{
    printf("%s:", label);
    if (list == NULL)
        printf(" (null)");
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
        const char *name = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i));

        if (is_supported(name))
            printf(" %s", name);
    }
    printf("\n");
}

static void getters(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    for (size_t i = 0; i < SUPPORTED; i++) {
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, wire[i]);
        char description[256], short_buffer[64];
        char *allocated;
        int bits = -1;

        SECTION(supported[i]);
        SHOW_PTR(cipher);
        SHOW_STR(SSL_CIPHER_get_name(cipher));
        SHOW_STR(SSL_CIPHER_standard_name(cipher));
        SHOW_STR(SSL_CIPHER_get_version(cipher));
        SHOW_STR(OPENSSL_cipher_name(SSL_CIPHER_standard_name(cipher)));
        SHOW(SSL_CIPHER_get_id(cipher));
        SHOW(SSL_CIPHER_get_protocol_id(cipher));
        SHOW(SSL_CIPHER_get_bits(cipher, &bits));
        SHOW(bits);
        SHOW(SSL_CIPHER_get_bits(cipher, NULL));
        SHOW_STR(OBJ_nid2sn(SSL_CIPHER_get_cipher_nid(cipher)));
        SHOW_STR(OBJ_nid2sn(SSL_CIPHER_get_digest_nid(cipher)));
        SHOW_STR(OBJ_nid2sn(SSL_CIPHER_get_kx_nid(cipher)));
        SHOW_STR(OBJ_nid2sn(SSL_CIPHER_get_auth_nid(cipher)));
        SHOW(SSL_CIPHER_is_aead(cipher));
        SHOW_STR(EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(cipher)));
        SHOW_STR(SSL_CIPHER_description(cipher, description, sizeof description));
        SHOW_STR(SSL_CIPHER_description(cipher, short_buffer, sizeof short_buffer));
        allocated = SSL_CIPHER_description(cipher, NULL, 0);
        CHECK(allocated != NULL && strcmp(allocated, description) == 0);
        OPENSSL_free(allocated);
        CHECK(SSL_CIPHER_find(ssl, wire[i]) == cipher);
        SHOW_ERR();
    }
    SECTION("no suite");
    SHOW_PTR(SSL_CIPHER_find(ssl, (const unsigned char *)"\xff\xff"));
    SHOW_PTR(SSL_CIPHER_find(ssl, (const unsigned char *)"\x00\x00"));
    SHOW_STR(SSL_CIPHER_get_name(NULL));
    SHOW_STR(SSL_CIPHER_standard_name(NULL));
    SHOW_STR(SSL_CIPHER_get_version(NULL));
    SHOW(SSL_CIPHER_get_bits(NULL, NULL));
    SHOW_STR(OPENSSL_cipher_name(NULL));
    SHOW_STR(OPENSSL_cipher_name("nonsense"));
    SHOW_STR(OPENSSL_cipher_name("ECDHE-RSA-AES128-GCM-SHA256"));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static const char *const strings[] = {
    /* names, order, case, separators */
    "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    "ecdhe-rsa-aes128-gcm-sha256", "ECDHE-RSA-AES128-GCM-SHA256,ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256;ECDHE-ECDSA-AES128-GCM-SHA256",
    "::ECDHE-RSA-AES128-GCM-SHA256::", " ECDHE-RSA-AES128-GCM-SHA256 ", "ECDHE-RSA-AES128-GCM-SHA256\nECDHE-ECDSA-AES128-GCM-SHA256",
    /* the name of the standard is not known in this list */
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256",
    /* aliases */
    "ALL", "DEFAULT", "COMPLEMENTOFDEFAULT", "HIGH", "ECDHE", "EECDH", "kECDHE", "kEECDH", "ECDH", "aRSA", "aECDSA", "ECDSA", "RSA",
    "AES", "AES128", "AES256", "AESGCM", "CHACHA20", "SHA256", "SHA384", "AEAD", "TLSv1.2", "FIPS", "SUITEB128", "SUITEB128ONLY", "SUITEB192",
    /* combinations */
    "ECDHE+AESGCM", "ECDHE+AESGCM+AES128", "aRSA+AESGCM", "ECDHE+CHACHA20:ECDHE+AESGCM", "aECDSA+CHACHA20", "kECDHE+aRSA+AES256+AESGCM",
    "ECDHE+nonsense", "ECDHE+", "+ECDHE", "AES128+AES256",
    /* operators */
    "ALL:!aRSA", "ALL:-aRSA", "ALL:-aRSA:aRSA", "ALL:!aRSA:aRSA", "ALL:!AESGCM", "ECDHE:+AES256", "ECDHE:+AES256:+CHACHA20",
    "ECDHE:-AESGCM:AESGCM", "ECDHE:-AES256:-AES128:AES128", "!aRSA:ALL", "-ALL:ECDHE+AESGCM", "ECDHE:!CHACHA20:!AES256", "ECDHE:! AES256",
    "HIGH:!aNULL:!MD5", "HIGH:!aNULL:!eNULL:!EXPORT:!CAMELLIA:!DES:!MD5:!PSK:!RC4", "ECDHE+AESGCM:!nonsense", "ALL:!ADH:!LOW:!EXP:!MD5:@STRENGTH",
    "HIGH:!aNULL:!kRSA:!PSK:!SRP:!MD5:!RC4", "DEFAULT:!DH", "DEFAULT:-ECDHE", "ALL:!kECDHE:ECDHE+AES128",
    /* commands */
    "ECDHE:@STRENGTH", "ECDHE+AES128:ECDHE+AES256:@STRENGTH", "ECDHE+AES128:ECDHE+CHACHA20:ECDHE+AES256:@STRENGTH",
    "@STRENGTH", "ALL:@SECLEVEL=0", "@SECLEVEL=0:ALL", "ALL:@SECLEVEL=1", "ALL:@SECLEVEL=3", "ALL:@SECLEVEL=4", "ALL:@SECLEVEL=5", "@SECLEVEL=3",
    "ECDHE:@SECLEVEL=6", "ECDHE:@SECLEVEL=", "ECDHE:@SECLEVEL", "ECDHE:@nonsense", "ECDHE:@",
    /* well known strings */
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384",
    "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH:AES256+EDH", "HIGH:MEDIUM:+3DES:!aNULL", "@SECLEVEL=2:kEECDH:kRSA:kEDH:kPSK:kDHEPSK:kECDHEPSK:-aDSS:-3DES:!DES:!RC4:!RC2:!IDEA:-SEED:!eNULL:!aNULL:!MD5:-SHA384:-CAMELLIA:-ARIA:-AESCCM8",
    "ALL:!aNULL:!eNULL", "TLSv1.2+HIGH:!aNULL", "TLSv1.2:!aNULL:!eNULL", "DEFAULT:@SECLEVEL=1", "ALL:COMPLEMENTOFALL", "DEFAULT:!aNULL:!EXPORT:!SSLv2",
    /* nothing */
    "", ":", "nonsense", "nonsense:ECDHE+AESGCM", "ALL:!ALL", "!ALL", "-ALL", "NULL", "!", "-", "+", "ECDHE:!", "ECDHE:-",
    "!ECDHE-RSA-AES128-GCM-SHA256:ECDHE+AESGCM", "\xff", "ECDHE+AESGCM:\xff", "DEFAULT+AESGCM", "ECDHE:DEFAULT",
};

static void show_string(const char *text)
{
    printf("\"");
    for (; *text != '\0'; text++)
        printf(*text >= ' ' && *text < 127 ? "%c" : "\\x%02x", (unsigned char)*text);
    printf("\"");
}

static void cipher_strings(void)
{
    SECTION("strings");
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());
        SSL *ssl = SSL_new(ctx);
        int taken;

        /* the string stands in each line that may differ by design, for known-gaps */
        taken = SSL_CTX_set_cipher_list(ctx, strings[i]);
        show_string(strings[i]);
        printf(" to the context: %d, reason %d\n", taken, ERR_GET_REASON(ERR_peek_last_error()));
        SHOW(ERR_GET_REASON(ERR_peek_error()) == ERR_GET_REASON(ERR_peek_last_error()));
        ERR_clear_error();
        show_list("context", SSL_CTX_get_ciphers(ctx));
        SHOW(SSL_CTX_get_security_level(ctx));
        taken = SSL_set_cipher_list(ssl, strings[i]);
        show_string(strings[i]);
        printf(" to the connection: %d\n", taken);
        ERR_clear_error();
        show_list("connection", SSL_get_ciphers(ssl));
        SHOW(SSL_get_security_level(ssl));
        {
            STACK_OF(SSL_CIPHER) *list = SSL_get1_supported_ciphers(ssl);

            show_list("usable", list);
            sk_SSL_CIPHER_free(list);
        }
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
}

static void suites_of_13(void)
{
    static const char *const lists[] = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "",
        "nonsense", "TLS_AES_128_GCM_SHA256:nonsense", "nonsense:TLS_AES_128_GCM_SHA256", "tls_aes_128_gcm_sha256", "ECDHE-RSA-AES128-GCM-SHA256",
        "TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256", " TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384", "ALL", ":", "!TLS_AES_128_GCM_SHA256",
    };
    SSL_CTX *ctx;
    SSL *ssl;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        ctx = SSL_CTX_new(TLS_method());
        ssl = SSL_new(ctx);
        printf("== TLS 1.3 \"%s\"\n", lists[i]);
        SHOW(SSL_CTX_set_ciphersuites(ctx, lists[i]));
        SHOW_ERR();
        show_list("context", SSL_CTX_get_ciphers(ctx));
        SHOW(SSL_set_ciphersuites(ssl, lists[i]));
        ERR_clear_error();
        show_list("connection", SSL_get_ciphers(ssl));
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    SECTION("both lists, in either order");
    ctx = SSL_CTX_new(TLS_method());
    SHOW(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"));
    SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE-RSA-AES128-GCM-SHA256"));
    show_list("context", SSL_CTX_get_ciphers(ctx));
    SHOW(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384"));
    show_list("context", SSL_CTX_get_ciphers(ctx));
    SHOW(SSL_CTX_set_cipher_list(ctx, "nonsense"));
    SHOW_ERR();
    show_list("context", SSL_CTX_get_ciphers(ctx));
    SSL_CTX_free(ctx);
}

static void lists_of_a_connection(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    STACK_OF(SSL_CIPHER) *list;

    SECTION("lists");
    SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"));
    SHOW_STR(SSL_get_cipher_list(NULL, 0));
    SSL_free(ssl);
    ssl = SSL_new(ctx);
    for (int i = -1; i < 6; i++)
        SHOW_STR(SSL_get_cipher_list(ssl, i));
    SHOW_PTR(SSL_get_ciphers(NULL));
    SHOW_PTR(SSL_CTX_get_ciphers(NULL));
    SHOW_PTR(SSL_get_client_ciphers(ssl));
    SHOW_PTR(SSL_get_client_ciphers(NULL));
    SHOW(SSL_set_min_proto_version(ssl, TLS1_3_VERSION));
    list = SSL_get1_supported_ciphers(ssl);
    show_list("supported from 1.3", list);
    sk_SSL_CIPHER_free(list);
    SHOW(SSL_set_min_proto_version(ssl, 0) && SSL_set_max_proto_version(ssl, TLS1_2_VERSION));
    list = SSL_get1_supported_ciphers(ssl);
    show_list("supported up to 1.2", list);
    sk_SSL_CIPHER_free(list);
    show_list("all", SSL_get_ciphers(ssl));
    /* a connection with a list of its own leaves the context's alone */
    SHOW(SSL_set_cipher_list(ssl, "ECDHE-ECDSA-AES128-GCM-SHA256"));
    show_list("connection", SSL_get_ciphers(ssl));
    show_list("context", SSL_CTX_get_ciphers(ctx));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void from_bytes(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    STACK_OF(SSL_CIPHER) *suites = NULL, *signals = NULL;
    static const unsigned char good[] = { 0x13, 0x01, 0xc0, 0x2f, 0xff, 0xff, 0x00, 0xff, 0x13, 0x02 };

    SECTION("bytes to lists");
    SHOW(SSL_bytes_to_cipher_list(ssl, good, sizeof good, 0, &suites, &signals));
    show_list("suites", suites);
    SHOW(sk_SSL_CIPHER_num(signals));
    SHOW_STR(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(signals, 0)));
    sk_SSL_CIPHER_free(suites);
    sk_SSL_CIPHER_free(signals);
    suites = signals = NULL;
    SHOW(SSL_bytes_to_cipher_list(ssl, good, 3, 0, &suites, &signals));
    SHOW_ERR();
    SHOW(SSL_bytes_to_cipher_list(ssl, good, 0, 0, &suites, &signals));
    SHOW_ERR();
    SHOW(SSL_bytes_to_cipher_list(ssl, (const unsigned char *)"\x00\x13\x01", 3, 1, &suites, NULL));
    show_list("suites", suites);
    sk_SSL_CIPHER_free(suites);
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void negotiate(const char *certificate, const char *client_list, const char *server_list, const char *client_13, const char *server_13, int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx(certificate);
    SSL *client, *server;
    struct pair_result result;
    char shared[512];

    printf("-- %s, client %s, server %s\n", certificate, version == TLS1_3_VERSION ? client_13 : client_list, version == TLS1_3_VERSION ? server_13 : server_list);
    pair_new(&client, &server, client_ctx, server_ctx);
    if (SSL_set_min_proto_version(client, version) != 1 || SSL_set_max_proto_version(client, version) != 1
        || SSL_set_cipher_list(client, client_list) != 1 || SSL_set_cipher_list(server, server_list) != 1
        || SSL_set_ciphersuites(client, client_13) != 1 || SSL_set_ciphersuites(server, server_13) != 1)
        printf("list refused\n");
    SHOW_STR(SSL_get_shared_ciphers(server, shared, sizeof shared));
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    SHOW_STR(SSL_get_cipher_name(client));
    SHOW_STR(SSL_get_cipher_name(server));
    SHOW_STR(SSL_get_cipher_version(client));
    CHECK(SSL_get_current_cipher(client) == SSL_get_current_cipher(server));
    CHECK(SSL_get_current_cipher(client) == SSL_get_pending_cipher(client) || !result.ok);
    show_list("the client's, as the server saw them", SSL_get_client_ciphers(server));
    SHOW_PTR(SSL_get_client_ciphers(client));
    SHOW_STR(SSL_get_shared_ciphers(server, shared, sizeof shared));
    SHOW_STR(SSL_get_shared_ciphers(server, shared, 30));
    SHOW_STR(SSL_get_shared_ciphers(server, shared, 1));
    SHOW_STR(SSL_get_shared_ciphers(client, shared, sizeof shared));
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

int main(void)
{
    static const char rsa128[] = "ECDHE-RSA-AES128-GCM-SHA256", rsa256[] = "ECDHE-RSA-AES256-GCM-SHA384", ec128[] = "ECDHE-ECDSA-AES128-GCM-SHA256";
    static const char s128[] = "TLS_AES_128_GCM_SHA256", s256[] = "TLS_AES_256_GCM_SHA384";
    const int v2 = TLS1_2_VERSION, v3 = TLS1_3_VERSION;

    getters();
    cipher_strings();
    suites_of_13();
    lists_of_a_connection();
    from_bytes();
    SECTION("every suite");
    for (size_t i = 0; i < 3; i++)
        negotiate("rsa", rsa128, rsa128, supported[i], supported[i], v3);
    for (size_t i = 3; i < SUPPORTED; i++)
        negotiate(strstr(supported[i], "ECDSA") != NULL ? "ecdsa" : "rsa", supported[i], supported[i], s128, s128, v2);
    SECTION("one in common");
    negotiate("rsa", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384", s128, s128, v2);
    negotiate("rsa", rsa128, rsa128, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256", v3);
    SECTION("none in common");
    negotiate("rsa", rsa128, rsa256, s128, s128, v2);
    negotiate("rsa", rsa128, rsa128, s128, s256, v3);
    SECTION("in common, but not with this certificate");
    negotiate("rsa", ec128, ec128, s128, s128, v2);
    negotiate("ecdsa", rsa128, rsa128, s128, s128, v2);
    SECTION("no suite at all for the version");
    negotiate("rsa", rsa128, rsa128, "", s128, v3);
    return 0;
}
