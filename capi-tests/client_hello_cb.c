/*
 * SSL_CTX_set_client_hello_cb(3): the early look at the ClientHello, pausing, refusing, changing the connection; and that its getters
 * answer only there.
 */
#include "peer.h"

static int calls, pauses, refuse_with, expected_version;
static SSL_CTX *other_ctx;

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The extensions that every client sends here, without their order and without those that only one library sends. */
static void show_extensions(SSL *ssl)
{
    static const int common[] = {
        TLSEXT_TYPE_server_name, TLSEXT_TYPE_supported_groups, TLSEXT_TYPE_ec_point_formats, TLSEXT_TYPE_signature_algorithms,
        TLSEXT_TYPE_application_layer_protocol_negotiation, TLSEXT_TYPE_extended_master_secret, TLSEXT_TYPE_session_ticket,
        TLSEXT_TYPE_psk_kex_modes, TLSEXT_TYPE_key_share,
    };
    int *present = NULL;
    size_t count = 0;

    SHOW(SSL_client_hello_get1_extensions_present(ssl, &present, &count));
    CHECK(count > 0 && present != NULL);
    qsort(present, count, sizeof *present, compare_ints);
    printf("extensions:");
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof common / sizeof *common; j++)
            if (present[i] == common[j])
                printf(" %d", present[i]);
    printf("\n");
    OPENSSL_free(present);
}

static int look(SSL *ssl, int *alert, void *arg)
{
    const unsigned char *out = NULL;
    size_t len;

    calls++;
    SHOW_STR(arg);
    SHOW(*alert);
    SHOW(SSL_is_server(ssl));
    SHOW(SSL_client_hello_isv2(ssl));
    SHOW(SSL_client_hello_get0_legacy_version(ssl));
    SHOW(SSL_client_hello_get0_random(ssl, &out));
    CHECK(out != NULL);
    len = SSL_client_hello_get0_session_id(ssl, &out);
    CHECK(len == 0 || len == 32);
    len = SSL_client_hello_get0_ciphers(ssl, &out);
    CHECK(len >= 2 && len % 2 == 0 && out != NULL);
    printf("first cipher suite: %02x%02x\n", out[0], out[1]);
    SHOW(SSL_client_hello_get0_compression_methods(ssl, &out));
    SHOW(out[0]);
    show_extensions(ssl);
    SHOW(SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &out, &len));
    SHOW_HEX("server name", out, len);
    SHOW(SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &out, &len));
    SHOW_HEX("alpn", out, len);
    /* a client that offers nothing above TLS 1.2 may send it or not */
    CHECK(SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &out, &len) == 1 || expected_version == TLS1_2_VERSION);
    SHOW(SSL_client_hello_get0_ext(ssl, 0x1234, &out, &len));
    SHOW(SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, NULL, NULL));
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_get_servername_type(ssl));
    SHOW_STR(SSL_get_version(ssl));
    SHOW_STR(SSL_state_string_long(ssl));
    SHOW(SSL_in_init(ssl));
    if (pauses > 0) {
        pauses--;
        return SSL_CLIENT_HELLO_RETRY;
    }
    if (refuse_with != 0) {
        if (refuse_with > 0)
            *alert = refuse_with;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (other_ctx != NULL)
        CHECK(SSL_set_SSL_CTX(ssl, other_ctx) == other_ctx);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void connection(const char *title, int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("rsa");
    SSL *client, *server;
    struct pair_result result;

    printf("== %s, version %x\n", title, version);
    calls = 0;
    expected_version = version;
    SSL_CTX_set_client_hello_cb(server_ctx, look, (void *)"the argument");
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set_max_proto_version(client, version);
    CHECK(SSL_set1_groups_list(client, "X25519:P-256") == 1);
    CHECK(SSL_set_cipher_list(client, "ECDHE+AESGCM") == 1);
    CHECK(SSL_set_tlsext_host_name(client, "localhost") == 1);
    CHECK(SSL_set_alpn_protos(client, (const unsigned char *)"\x02h2", 3) == 0);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    for (int round = 0; round < 3 && result.server.error == SSL_ERROR_WANT_CLIENT_HELLO_CB; round++) {
        SHOW(SSL_want(server));
        SHOW(SSL_want_client_hello_cb(server));
        SHOW(SSL_in_init(server));
        result = pair_handshake(client, server);
        pair_show("again", &result);
    }
    SHOW(calls);
    if (result.ok) {
        SHOW(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(client))));
        SHOW(SSL_want(server));
        CHECK(pair_transfer(client, server, "data", 4));
    }
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* The getters outside of the callback. */
static void outside(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    const unsigned char *out = NULL;
    int *present = NULL;
    size_t len = 77;

    SECTION("outside of the callback");
    SHOW(SSL_client_hello_isv2(ssl));
    SHOW(SSL_client_hello_get0_legacy_version(ssl));
    SHOW(SSL_client_hello_get0_random(ssl, &out));
    SHOW(SSL_client_hello_get0_session_id(ssl, &out));
    SHOW(SSL_client_hello_get0_ciphers(ssl, &out));
    SHOW(SSL_client_hello_get0_compression_methods(ssl, &out));
    SHOW(SSL_client_hello_get1_extensions_present(ssl, &present, &len));
    SHOW(SSL_client_hello_get1_extensions_present(ssl, NULL, NULL));
    SHOW(SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &out, &len));
    SHOW_PTR(out);
    SHOW_PTR(present);
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* A callback that frees nothing, but asks the connection everything a log line would. */
static int count_only(SSL *ssl, int *alert, void *arg)
{
    (void)alert, (void)arg;
    calls++;
    CHECK(SSL_get_current_cipher(ssl) == NULL);
    CHECK(SSL_get0_peer_certificate(ssl) == NULL);
    CHECK(SSL_get_session(ssl) == NULL);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void not_for_clients(void)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("rsa");
    SSL *client, *server;

    SECTION("a client's context: never called");
    calls = 0;
    SSL_CTX_set_client_hello_cb(client_ctx, count_only, NULL);
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    SHOW(calls);
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

int main(void)
{
    const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    for (int i = 0; i < 2; i++) {
        connection("look", versions[i]);
        pauses = 2;
        connection("pause twice", versions[i]);
        refuse_with = -1;
        connection("refuse", versions[i]);
        refuse_with = SSL_AD_UNRECOGNIZED_NAME;
        connection("refuse with an alert", versions[i]);
        refuse_with = 0;
        other_ctx = new_server_ctx("ecdsa");
        connection("another context", versions[i]);
        SSL_CTX_free(other_ctx);
        other_ctx = NULL;
    }
    outside();
    not_for_clients();
    return 0;
}
