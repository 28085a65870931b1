/*
 * SSL_CTX_set_options(3), SSL_CTX_set_mode(3), SSL_CTX_set_min_proto_version(3), SSL_CTX_set_security_level(3),
 * SSL_CTX_set_max_send_fragment(3), SSL_CTX_set_read_ahead(3): settings of contexts and connections, and what they do.
 */
#include "peer.h"

static SSL_CTX *client_ctx, *server_ctx;

static void option_bits(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("options: a 64 bit set");
    SHOW(SSL_CTX_get_options(ctx));
    SHOW(SSL_get_options(ssl));
    for (int bit = 0; bit < 32; bit++) {
        uint64_t op = SSL_OP_BIT(bit);

        printf("bit %d: set %d", bit, (SSL_CTX_set_options(ctx, op) & op) != 0);
        printf(" get %d", (SSL_CTX_get_options(ctx) & op) != 0);
        printf(" clear %d", (SSL_CTX_clear_options(ctx, op) & op) != 0);
        printf(" ssl set %d", (SSL_set_options(ssl, op) & op) != 0);
        printf(" get %d", (SSL_get_options(ssl) & op) != 0);
        printf(" clear %d\n", (SSL_clear_options(ssl, op) & op) != 0);
    }
    SHOW(SSL_CTX_set_options(ctx, 0));
    SHOW(SSL_CTX_set_options(ctx, SSL_OP_ALL | SSL_OP_NO_TICKET));
    SHOW(SSL_CTX_clear_options(ctx, SSL_OP_ALL));
    SHOW(SSL_get_options(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

static void mode_bits(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("modes");
    SHOW(SSL_CTX_get_mode(ctx));
    SHOW(SSL_get_mode(ssl));
    SHOW(SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER));
    SHOW(SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS));
    SHOW(SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY));
    SHOW(SSL_CTX_get_mode(ctx));
    SHOW(SSL_get_mode(ssl));
    SHOW(SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE));
    SHOW(SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE));
    SHOW(SSL_get_mode(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

/* The limit is taken, and the handshake fails: at the default security level no version is left. */
static void low_maximum_holds(int in_server)
{
    SSL *client, *server;

    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set_max_proto_version(in_server ? server : client, TLS1_1_VERSION));
    printf("a low maximum of the %s: ", in_server ? "server" : "client");
    SHOW(pair_handshake(client, server).ok);
    SHOW_ERR();
    pair_free(client, server);
}

static void version_numbers(void)
{
    static const long versions[] = { 0, TLS1_2_VERSION, TLS1_3_VERSION, 0x0305, 0x0300 - 1, 1, -1 };
    SSL_CTX *ctx = SSL_CTX_new(TLS_method()), *fixed = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("version limits");
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        printf("-- 0x%lx\n", versions[i] & 0xffffffff);
        SHOW(SSL_CTX_set_min_proto_version(ctx, versions[i]));
        SHOW(SSL_CTX_get_min_proto_version(ctx));
        SHOW(SSL_CTX_set_max_proto_version(ctx, versions[i]));
        SHOW(SSL_CTX_get_max_proto_version(ctx));
        SHOW(SSL_set_min_proto_version(ssl, versions[i]));
        SHOW(SSL_get_min_proto_version(ssl));
        SHOW(SSL_set_max_proto_version(ssl, versions[i]));
        SHOW(SSL_get_max_proto_version(ssl));
        SHOW_ERR();
    }
    SECTION("a low minimum is taken");
    SHOW(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION));
    SHOW(SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION));
    SHOW(SSL_CTX_set_min_proto_version(ctx, SSL3_VERSION));
    SHOW(SSL_set_min_proto_version(ssl, TLS1_VERSION));
    SECTION("a low maximum");
    SHOW(SSL_CTX_set_max_proto_version(ctx, TLS1_VERSION));
    SHOW(SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION));
    SHOW(SSL_set_max_proto_version(ssl, TLS1_1_VERSION));
    SHOW(SSL_CTX_set_max_proto_version(ctx, SSL3_VERSION));
    SHOW_ERR();
    SHOW(SSL_CTX_get_max_proto_version(ctx));
    SHOW(SSL_get_max_proto_version(ssl));
    low_maximum_holds(0);
    low_maximum_holds(1);
    SECTION("a minimum above the maximum");
    SHOW(SSL_CTX_set_max_proto_version(fixed, TLS1_2_VERSION));
    SHOW(SSL_CTX_set_min_proto_version(fixed, TLS1_3_VERSION));
    SHOW(SSL_CTX_get_min_proto_version(fixed));
    SHOW(SSL_CTX_get_max_proto_version(fixed));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SSL_CTX_free(fixed);
}

/* Handshake with limits on both sides: what comes out, or whose error. 0: no limit. */
static void versions_meet(int client_min, int client_max, int server_min, int server_max, uint64_t client_ops, uint64_t server_ops)
{
    SSL *client, *server;
    struct pair_result result;

    pair_new(&client, &server, client_ctx, server_ctx);
    if (!SSL_set_min_proto_version(client, client_min) || !SSL_set_max_proto_version(client, client_max)
        || !SSL_set_min_proto_version(server, server_min) || !SSL_set_max_proto_version(server, server_max))
        printf("limit refused\n");
    SSL_set_options(client, client_ops);
    SSL_set_options(server, server_ops);
    result = pair_handshake(client, server);
    printf("client %x..%x%s%s, ", client_min, client_max, client_ops & SSL_OP_NO_TLSv1_3 ? " not 1.3" : "", client_ops & SSL_OP_NO_TLSv1_2 ? " not 1.2" : "");
    printf("server %x..%x%s%s: ", server_min, server_max, server_ops & SSL_OP_NO_TLSv1_3 ? " not 1.3" : "", server_ops & SSL_OP_NO_TLSv1_2 ? " not 1.2" : "");
    if (result.ok)
        printf("%s and %s\n", SSL_get_version(client), SSL_get_version(server));
    else
        pair_show("handshake", &result);
    pair_free(client, server);
}

static void version_handshakes(void)
{
    const int v2 = TLS1_2_VERSION, v3 = TLS1_3_VERSION;
    const uint64_t no2 = SSL_OP_NO_TLSv1_2, no3 = SSL_OP_NO_TLSv1_3, old = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;

    SECTION("what version limits do");
    versions_meet(0, 0, 0, 0, 0, 0);
    versions_meet(v2, 0, v2, 0, old, old);
    versions_meet(0, v2, 0, 0, 0, 0);
    versions_meet(0, 0, 0, v2, 0, 0);
    versions_meet(v3, 0, v3, 0, 0, 0);
    versions_meet(0, 0, 0, 0, no3, 0);
    versions_meet(0, 0, 0, 0, 0, no3);
    versions_meet(v2, 0, 0, 0, no2, 0);
    SECTION("nothing in common");
    versions_meet(v3, 0, v2, v2, 0, 0);
    versions_meet(v2, v2, v3, 0, 0, 0);
    versions_meet(v3, 0, 0, 0, 0, no3);
    versions_meet(v2, v2, v2, 0, 0, no2);
    SECTION("nothing left");
    versions_meet(v3, v3, 0, 0, no3, 0);
    versions_meet(0, 0, v3, v3, 0, no3);
    versions_meet(v3, v2, 0, 0, 0, 0);
    versions_meet(v2, 0, 0, 0, no2 | no3, 0);
    versions_meet(0, 0, v2, 0, 0, no2 | no3);
}

static void security_levels(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("security level");
    SHOW(SSL_CTX_get_security_level(ctx));
    SHOW(SSL_get_security_level(ssl));
    for (int level = -1; level < 7; level++) {
        SSL_CTX_set_security_level(ctx, level);
        SSL_set_security_level(ssl, level);
        printf("level %d: %d %d\n", level, SSL_CTX_get_security_level(ctx), SSL_get_security_level(ssl));
    }
    SSL_CTX_set_security_level(ctx, 2);
    SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:@SECLEVEL=1"));
    SHOW(SSL_CTX_get_security_level(ctx));
    SHOW(SSL_set_cipher_list(ssl, "@SECLEVEL=3:ECDHE+AESGCM"));
    SHOW(SSL_get_security_level(ssl));
    SHOW_ERR();
    SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:@SECLEVEL=9"));
    SHOW(SSL_CTX_get_security_level(ctx));
    SHOW_ERR();
    SHOW_PTR(SSL_CTX_get0_security_ex_data(ctx));
    SHOW_PTR(SSL_get0_security_ex_data(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);

    SECTION("the level judges keys: 1024 bit RSA");
    ctx = SSL_CTX_new(TLS_server_method());
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("weak.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_set_security_level(ctx, 0);
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("weak.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, pki("weak.key"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(ctx, 4);
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("ecdsa.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("p384.pem"), SSL_FILETYPE_PEM));
    SHOW_ERR();
    SSL_CTX_free(ctx);
}

/* The client's level refuses what the server's lets through. */
static void security_handshake(int level, const char *certificate)
{
    SSL_CTX *lax = SSL_CTX_new(TLS_server_method());
    SSL *client, *server;
    struct pair_result result;

    SSL_CTX_set_security_level(lax, 0);
    if (SSL_CTX_use_certificate_file(lax, pki_of(certificate, ".pem"), SSL_FILETYPE_PEM) != 1
        || SSL_CTX_use_PrivateKey_file(lax, pki_of(certificate, ".key"), SSL_FILETYPE_PEM) != 1)
        check_give_up(certificate);
    printf("-- client's level %d, server's certificate %s\n", level, certificate);
    pair_new(&client, &server, client_ctx, lax);
    SSL_set_security_level(client, level);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    SHOW(SSL_get_verify_result(client));
    pair_free(client, server);
    SSL_CTX_free(lax);
}

static void sizes(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    static const long lengths[] = { 0, 1, 511, 512, 1000, 16384, 16385, -1 };

    SECTION("record and buffer sizes");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        printf("%ld: fragment %ld", lengths[i], (long)SSL_CTX_set_max_send_fragment(ctx, lengths[i]));
        printf(" %ld", (long)SSL_set_max_send_fragment(ssl, lengths[i]));
        printf(", split %ld", (long)SSL_CTX_set_split_send_fragment(ctx, lengths[i]));
        printf(" %ld", (long)SSL_set_split_send_fragment(ssl, lengths[i]));
        printf(", certificate list %ld", (long)SSL_CTX_set_max_cert_list(ctx, lengths[i]));
        printf(" then %ld\n", (long)SSL_CTX_get_max_cert_list(ctx));
    }
    SHOW(SSL_get_max_cert_list(ssl));
    SHOW(SSL_set_max_cert_list(ssl, 5000));
    SHOW(SSL_get_max_cert_list(ssl));
    SHOW(SSL_CTX_set_max_pipelines(ctx, 0));
    SHOW(SSL_CTX_set_max_pipelines(ctx, 33));
    SHOW(SSL_CTX_set_max_pipelines(ctx, 1));
    SHOW(SSL_set_max_pipelines(ssl, 1));
    SHOW(SSL_CTX_get_read_ahead(ctx));
    SSL_CTX_set_default_read_buffer_len(ctx, 32768);
    SSL_set_default_read_buffer_len(ssl, 32768);
    SHOW_ERR();

    SECTION("read ahead");
    SHOW(SSL_CTX_get_read_ahead(ctx));
    SHOW(SSL_CTX_get_default_read_ahead(ctx));
    SHOW(SSL_CTX_set_read_ahead(ctx, 1));
    SHOW(SSL_CTX_get_read_ahead(ctx));
    SHOW(SSL_get_read_ahead(ssl));
    SSL_set_read_ahead(ssl, 1);
    SHOW(SSL_get_read_ahead(ssl));
    SSL_set_read_ahead(ssl, 0);
    SHOW(SSL_get_read_ahead(ssl));

    SECTION("quiet shutdown");
    SHOW(SSL_CTX_get_quiet_shutdown(ctx));
    SSL_CTX_set_quiet_shutdown(ctx, 1);
    SHOW(SSL_CTX_get_quiet_shutdown(ctx));
    SHOW(SSL_get_quiet_shutdown(ssl));
    SSL_set_quiet_shutdown(ssl, 1);
    SHOW(SSL_get_quiet_shutdown(ssl));

    SECTION("padding, tickets, early data");
    SHOW(SSL_CTX_set_block_padding(ctx, 1));
    SHOW(SSL_CTX_set_block_padding(ctx, 0));
    SHOW(SSL_CTX_set_block_padding(ctx, 16385));
    SHOW(SSL_set_block_padding(ssl, 16385));
    SHOW(SSL_CTX_get_num_tickets(ctx));
    SHOW(SSL_CTX_set_num_tickets(ctx, 0));
    SHOW(SSL_CTX_get_num_tickets(ctx));
    SHOW(SSL_get_num_tickets(ssl));
    SHOW(SSL_set_num_tickets(ssl, 3));
    SHOW(SSL_get_num_tickets(ssl));
    SHOW(SSL_CTX_get_max_early_data(ctx));
    SHOW(SSL_get_max_early_data(ssl));
    SHOW(SSL_CTX_get_recv_max_early_data(ctx));
    SHOW(SSL_get_recv_max_early_data(ssl));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* PostgreSQL, socat and others stop when one of these fails. */
static void dh_parameters(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    BIO *file = BIO_new_file(pki("dh.pem"), "r");
    EVP_PKEY *params = PEM_read_bio_Parameters(file, NULL);

    SECTION("DH parameters");
    SHOW_PTR(params);
    EVP_PKEY_up_ref(params);
    SHOW(SSL_CTX_set0_tmp_dh_pkey(ctx, params));
    SHOW(SSL_set0_tmp_dh_pkey(ssl, params));
    SHOW(SSL_CTX_set0_tmp_dh_pkey(ctx, NULL));
    SHOW(SSL_CTX_set_dh_auto(ctx, 1));
    SHOW(SSL_set_dh_auto(ssl, 1));
    SHOW_ERR();
    SSL_CTX_set_tmp_dh_callback(ctx, NULL);
    SSL_set_tmp_dh_callback(ssl, NULL);
    SHOW(SSL_CTX_set_ecdh_auto(ctx, 1));
    SHOW(SSL_CTX_need_tmp_RSA(ctx));
    SHOW_ERR();
    BIO_free(file);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* Records on the wire, seen in a memory BIO between the sides. */
static int records_in(BIO *bio, int *longest)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    int count = 0;

    *longest = 0;
    for (long at = 0; at + 5 <= len; count++) {
        int size = ((unsigned char)data[at + 3] << 8) | (unsigned char)data[at + 4];

        if (size > *longest)
            *longest = size;
        at += 5 + size;
    }
    return count;
}

static void fragments(int version)
{
    static char data[20000];
    SSL *client, *server;
    int longest;

    printf("-- version %x\n", version);
    pair_new_over(&client, &server, client_ctx, server_ctx, PAIR_MEM);
    SSL_set_max_proto_version(client, version);
    SSL_set_num_tickets(server, 0);
    pair_connect(client, server);
    SHOW(SSL_write(client, data, sizeof data));
    SHOW(records_in(SSL_get_wbio(client), &longest));
    SHOW(longest);
    (void)BIO_reset(SSL_get_wbio(client));
    SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    pair_free(client, server);

    pair_new_over(&client, &server, client_ctx, server_ctx, PAIR_MEM);
    SSL_set_max_proto_version(client, version);
    SSL_set_num_tickets(server, 0);
    SHOW(SSL_set_max_send_fragment(client, 1024));
    pair_connect(client, server);
    SHOW(SSL_write(client, data, 4096));
    SHOW(records_in(SSL_get_wbio(client), &longest));
    SHOW(longest);
    CHECK(SSL_read(server, data, sizeof data) == 1024);
    pair_free(client, server);
}

static void cipher_preference(void)
{
    SSL *client, *server;

    SECTION("whose order of ciphers");
    for (int server_prefers = 0; server_prefers < 2; server_prefers++) {
        pair_new(&client, &server, client_ctx, server_ctx);
        CHECK(SSL_set_max_proto_version(client, TLS1_2_VERSION));
        CHECK(SSL_set_cipher_list(client, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"));
        CHECK(SSL_set_cipher_list(server, "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"));
        SSL_set_options(server, server_prefers ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0);
        pair_connect(client, server);
        SHOW_STR(SSL_get_cipher_name(server));
        pair_free(client, server);

        pair_new(&client, &server, client_ctx, server_ctx);
        CHECK(SSL_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"));
        CHECK(SSL_set_ciphersuites(server, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"));
        SSL_set_options(server, server_prefers ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0);
        pair_connect(client, server);
        SHOW_STR(SSL_get_cipher_name(server));
        pair_free(client, server);
    }
    SECTION("ChaCha20 first for clients that want it");
    for (int client_wants = 0; client_wants < 2; client_wants++) {
        pair_new(&client, &server, client_ctx, server_ctx);
        CHECK(SSL_set_max_proto_version(client, TLS1_2_VERSION));
        CHECK(SSL_set_cipher_list(client, client_wants ? "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384" : "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"));
        CHECK(SSL_set_cipher_list(server, "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"));
        SSL_set_options(server, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
        pair_connect(client, server);
        SHOW_STR(SSL_get_cipher_name(server));
        pair_free(client, server);
    }
}

int main(void)
{
    client_ctx = new_client_ctx();
    server_ctx = new_server_ctx("rsa");
    option_bits();
    mode_bits();
    version_numbers();
    version_handshakes();
    security_levels();
    security_handshake(2, "rsa");
    security_handshake(3, "rsa");
    security_handshake(1, "weak");
    security_handshake(0, "weak");
    security_handshake(3, "p384");
    sizes();
    dh_parameters();
    SECTION("length of records");
    fragments(TLS1_2_VERSION);
    fragments(TLS1_3_VERSION);
    cipher_preference();
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    return 0;
}
