/* SSL_CTX_new(3), SSL_new(3), SSL_dup(3), SSL_clear(3), SSL_set_SSL_CTX(3): making, counting, copying and ending the objects. */
#include "peer.h"

#include <openssl/provider.h>

static int freed;

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (ptr != NULL)
        freed++;
}

/* an index whose free callback tells when an object with a value really goes */
static int ctx_index, ssl_index;

static void no_object(void)
{
    SECTION("no object");
    SSL_CTX_free(NULL);
    SSL_free(NULL);
    SHOW_ERR();
    SHOW_PTR(SSL_new(NULL));
    SHOW_ERR();
    SHOW_PTR(SSL_CTX_new_ex(NULL, NULL, NULL));
    SHOW_ERR();
}

static void context_counts(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl, *other;

    SECTION("counts of a context");
    SHOW(SSL_CTX_set_ex_data(ctx, ctx_index, "context"));
    SHOW(SSL_CTX_up_ref(ctx));
    SSL_CTX_free(ctx);
    SHOW(freed);
    ssl = SSL_new(ctx);
    other = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SHOW(freed);
    /* a connection keeps its context */
    CHECK(SSL_get_SSL_CTX(ssl) == ctx);
    SHOW_STR(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(other), ctx_index));
    SSL_free(ssl);
    SHOW(freed);
    SSL_free(other);
    SHOW(freed);
    SHOW_ERR();
}

static void connection_counts(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("counts of a connection");
    freed = 0;
    SHOW(SSL_set_ex_data(ssl, ssl_index, "connection"));
    SHOW(SSL_up_ref(ssl));
    SSL_free(ssl);
    SHOW(freed);
    SHOW_STR(SSL_get_ex_data(ssl, ssl_index));
    SSL_free(ssl);
    SHOW(freed);
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

/* What a connection takes over when it is made, and that a later change of the context does not reach it. */
static void inheritance(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *before, *after;

    SECTION("what a connection takes from its context");
    before = SSL_new(ctx);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(ctx, 7);
    SSL_CTX_set_quiet_shutdown(ctx, 1);
    SSL_CTX_set_read_ahead(ctx, 1);
    SHOW(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION));
    SHOW(SSL_CTX_set_num_tickets(ctx, 5));
    SHOW(SSL_CTX_set_cipher_list(ctx, "ECDHE-RSA-AES128-GCM-SHA256"));
    SHOW(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"abc", 3));
    SSL_CTX_set_security_level(ctx, 3);
    after = SSL_new(ctx);
    for (int i = 0; i < 2; i++) {
        SSL *ssl = i == 0 ? before : after;

        SECTION(i == 0 ? "connection made before" : "connection made after");
        SHOW((SSL_get_options(ssl) & SSL_OP_NO_TICKET) != 0);
        SHOW((SSL_get_mode(ssl) & SSL_MODE_ENABLE_PARTIAL_WRITE) != 0);
        SHOW(SSL_get_verify_mode(ssl));
        SHOW(SSL_get_verify_depth(ssl));
        SHOW(SSL_get_quiet_shutdown(ssl));
        SHOW(SSL_get_read_ahead(ssl));
        SHOW(SSL_get_min_proto_version(ssl));
        SHOW(SSL_get_num_tickets(ssl));
        SHOW(SSL_get_security_level(ssl));
    }
    /* the cipher list is shared until the connection gets one of its own */
    CHECK(sk_SSL_CIPHER_num(SSL_get_ciphers(before)) == sk_SSL_CIPHER_num(SSL_get_ciphers(after)));
    SHOW(SSL_set_cipher_list(before, "ECDHE+AESGCM"));
    CHECK(sk_SSL_CIPHER_num(SSL_get_ciphers(before)) > sk_SSL_CIPHER_num(SSL_get_ciphers(after)));
    SSL_free(before);
    SSL_free(after);
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

static int verify_ok(int ok, X509_STORE_CTX *store)
{
    (void)ok, (void)store;
    return 1;
}

static void duplicate(void)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("rsa");
    SSL *client, *server, *copy;

    SECTION("SSL_dup before the handshake");
    freed = 0;
    client = SSL_new(client_ctx);
    SSL_set_connect_state(client);
    SSL_set_ex_data(client, ssl_index, "original");
    SSL_set_verify(client, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, verify_ok);
    SSL_set_verify_depth(client, 9);
    SSL_set_options(client, SSL_OP_NO_TICKET);
    SSL_set_mode(client, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SHOW(SSL_set_min_proto_version(client, TLS1_2_VERSION));
    SHOW(SSL_set_max_proto_version(client, TLS1_2_VERSION));
    SHOW(SSL_set_cipher_list(client, "ECDHE-RSA-AES256-GCM-SHA384"));
    SSL_set_quiet_shutdown(client, 1);
    SSL_set_shutdown(client, SSL_RECEIVED_SHUTDOWN);
    SHOW(SSL_set_session_id_context(client, (const unsigned char *)"id", 2));
    copy = SSL_dup(client);
    SHOW_PTR(copy);
    CHECK(copy != client);
    CHECK(SSL_get_SSL_CTX(copy) == client_ctx);
    CHECK(SSL_get_ssl_method(copy) == SSL_get_ssl_method(client));
    SHOW_STR(SSL_get_ex_data(copy, ssl_index));
    SHOW(SSL_get_verify_mode(copy));
    CHECK(SSL_get_verify_callback(copy) == verify_ok);
    SHOW(SSL_get_verify_depth(copy));
    SHOW((SSL_get_options(copy) & SSL_OP_NO_TICKET) != 0);
    SHOW((SSL_get_mode(copy) & SSL_MODE_ENABLE_PARTIAL_WRITE) != 0);
    SHOW(SSL_get_min_proto_version(copy));
    SHOW(SSL_get_max_proto_version(copy));
    SHOW_STR(SSL_get_cipher_list(copy, 0));
    SHOW(SSL_get_quiet_shutdown(copy));
    SHOW(SSL_get_shutdown(copy));
    SHOW(SSL_is_server(copy));
    SHOW(SSL_in_before(copy));
    SHOW_PTR(SSL_get_rbio(copy));
    SHOW_ERR();
    /* the copy works */
    server = SSL_new(server_ctx);
    SSL_set_accept_state(server);
    pair_join(copy, server, PAIR_BIO);
    pair_connect(copy, server);
    SHOW_STR(SSL_get_version(copy));
    SHOW_STR(SSL_get_cipher_name(copy));

    SECTION("SSL_dup after the handshake is one more count");
    SSL_free(client);
    client = SSL_dup(copy);
    CHECK(client == copy);
    SSL_free(client);
    SHOW_STR(SSL_get_version(copy));
    pair_free(copy, server);
    SHOW_ERR();
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void clear(void)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;

    SECTION("SSL_clear");
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_clear(client));
    SHOW(SSL_is_server(client));
    pair_connect(client, server);
    SHOW(SSL_is_init_finished(client));
    CHECK(pair_transfer(client, server, "one", 3));
    SHOW(SSL_shutdown(client));
    SHOW(SSL_shutdown(server));
    SHOW(SSL_shutdown(server));
    SHOW(SSL_get_shutdown(client));
    SHOW(SSL_clear(client));
    SHOW(SSL_clear(server));
    SHOW(SSL_get_shutdown(client));
    SHOW(SSL_is_init_finished(client));
    SHOW(SSL_in_before(client));
    SHOW(SSL_is_server(client));
    SHOW(SSL_is_server(server));
    SHOW(SSL_pending(client));
    SHOW_PTR(SSL_get_current_cipher(client));
    SHOW_ERR();
    /* the same objects make another connection, on fresh BIOs */
    pair_join(client, server, PAIR_BIO);
    pair_connect(client, server);
    SHOW_STR(SSL_get_version(server));
    CHECK(pair_transfer(server, client, "another", 7));
    pair_free(client, server);

    SECTION("SSL_clear in the middle of a handshake");
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_do_handshake(client));
    SHOW(SSL_clear(client));
    SHOW(SSL_in_before(client));
    pair_join(client, server, PAIR_BIO);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "another", 7));
    pair_free(client, server);
    SHOW_ERR();
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void change_context(void)
{
    SSL_CTX *first = new_server_ctx("rsa"), *second = new_server_ctx("ecdsa");
    SSL *ssl = SSL_new(first);

    SECTION("SSL_set_SSL_CTX");
    freed = 0;
    SSL_CTX_set_ex_data(first, ctx_index, "first");
    SSL_CTX_set_verify(second, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(second, SSL_OP_NO_TICKET);
    CHECK(X509_get0_pubkey(SSL_get_certificate(ssl)) != NULL);
    SHOW(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get_certificate(ssl))));
    CHECK(SSL_set_SSL_CTX(ssl, first) == first);
    CHECK(SSL_set_SSL_CTX(ssl, second) == second);
    CHECK(SSL_get_SSL_CTX(ssl) == second);
    /* certificate and key come from the new context; modes and options stay the connection's */
    SHOW(EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get_certificate(ssl))));
    SHOW(EVP_PKEY_get_base_id(SSL_get_privatekey(ssl)));
    SHOW(SSL_get_verify_mode(ssl));
    SHOW((SSL_get_options(ssl) & SSL_OP_NO_TICKET) != 0);
    SSL_CTX_free(first);
    SHOW(freed);
    SSL_CTX_free(second);
    SHOW_PTR(SSL_get_privatekey(ssl));
    /* NULL: back to the context it was made from */
    CHECK(SSL_set_SSL_CTX(ssl, NULL) != NULL);
    CHECK(SSL_get_SSL_CTX(ssl) == first);
    SHOW(EVP_PKEY_get_base_id(SSL_get_privatekey(ssl)));
    SSL_free(ssl);
    SHOW(freed);
    SHOW_ERR();
}

static void fresh_connection(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("a fresh connection");
    SHOW(SSL_get_state(ssl));
    SHOW(SSL_get_shutdown(ssl));
    SHOW(SSL_want(ssl));
    SHOW(SSL_pending(ssl));
    SHOW(SSL_has_pending(ssl));
    SHOW(SSL_session_reused(ssl));
    SHOW(SSL_get_verify_result(ssl));
    SHOW_PTR(SSL_get_session(ssl));
    SHOW_PTR(SSL_get1_session(ssl));
    SHOW_PTR(SSL_get_current_cipher(ssl));
    SHOW_STR(SSL_get_cipher_name(ssl));
    SHOW_STR(SSL_get_cipher_version(ssl));
    SHOW(SSL_get_cipher_bits(ssl, NULL));
    SHOW_PTR(SSL_get_pending_cipher(ssl));
    SHOW_PTR(SSL_get0_peer_certificate(ssl));
    SHOW_PTR(SSL_get1_peer_certificate(ssl));
    SHOW_PTR(SSL_get_peer_cert_chain(ssl));
    SHOW_PTR(SSL_get0_verified_chain(ssl));
    SHOW_PTR(SSL_get_certificate(ssl));
    SHOW_PTR(SSL_get_privatekey(ssl));
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_get_servername_type(ssl));
    SHOW_PTR(SSL_get_rbio(ssl));
    SHOW_PTR(SSL_get_wbio(ssl));
    SHOW(SSL_get_fd(ssl));
    SHOW(SSL_get_rfd(ssl));
    SHOW(SSL_get_wfd(ssl));
    SHOW_ERR();
    SHOW_PTR(SSL_get_client_CA_list(ssl));
    SHOW_PTR(SSL_get0_peer_CA_list(ssl));
    SHOW_PTR(SSL_get_current_compression(ssl));
    SHOW_PTR(SSL_get_current_expansion(ssl));
    SHOW_PTR(SSL_get_info_callback(ssl));
    SHOW_PTR(SSL_get_verify_callback(ssl));
    SHOW_PTR(SSL_get_default_passwd_cb(ssl));
    SHOW_PTR(SSL_get0_peername(ssl));
    SHOW(SSL_client_version(ssl));
    SHOW(SSL_is_init_finished(ssl));
    SHOW(SSL_in_init(ssl));
    SHOW(SSL_get_early_data_status(ssl));
    SHOW(SSL_get_key_update_type(ssl));
    SHOW(SSL_renegotiate_pending(ssl));
    SHOW(SSL_num_renegotiations(ssl));
    SHOW(SSL_total_renegotiations(ssl));
    SHOW(SSL_get_secure_renegotiation_support(ssl));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void library_contexts(void)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *provider;
    SSL_CTX *ctx;
    SSL *ssl;

    SECTION("a library context of its own");
    provider = OSSL_PROVIDER_load(libctx, "default");
    SHOW_PTR(provider);
    ctx = SSL_CTX_new_ex(libctx, NULL, TLS_method());
    SHOW_PTR(ctx);
    SHOW_ERR();
    SHOW(SSL_CTX_use_certificate_file(ctx, pki("rsa.pem"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_use_PrivateKey_file(ctx, pki("rsa.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_load_verify_locations(ctx, pki("ca.pem"), NULL));
    ssl = SSL_new(ctx);
    SHOW_PTR(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ctx = SSL_CTX_new_ex(libctx, "provider=default", TLS_method());
    SHOW_PTR(ctx);
    SSL_CTX_free(ctx);
    SHOW_ERR();
    OSSL_PROVIDER_unload(provider);
    OSSL_LIB_CTX_free(libctx);
}

/* Last: from here on the default library context can do nothing. */
static void null_provider(void)
{
    OSSL_PROVIDER *null = OSSL_PROVIDER_load(NULL, "null"), *provider;
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    SSL_CTX *client_ctx, *server_ctx;
    SSL *client, *server;

    SECTION("only the null provider in the default context");
    provider = OSSL_PROVIDER_load(libctx, "default");
    SHOW_PTR(null);
    client_ctx = SSL_CTX_new_ex(libctx, NULL, TLS_client_method());
    server_ctx = SSL_CTX_new_ex(libctx, NULL, TLS_server_method());
    SHOW_PTR(client_ctx);
    SHOW(SSL_CTX_use_certificate_chain_file(server_ctx, pki("rsa.pem")));
    SHOW(SSL_CTX_use_PrivateKey_file(server_ctx, pki("rsa.key"), SSL_FILETYPE_PEM));
    SHOW(SSL_CTX_check_private_key(server_ctx));
    SHOW(SSL_CTX_load_verify_file(client_ctx, pki("ca.pem")));
    SHOW_ERR();
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set1_host(client, "localhost"));
    pair_connect(client, server);
    SHOW(SSL_get_verify_result(client));
    CHECK(pair_transfer(client, server, "bytes", 5));
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    SHOW_ERR();
    OSSL_PROVIDER_unload(provider);
    OSSL_PROVIDER_unload(null);
    OSSL_LIB_CTX_free(libctx);
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    ctx_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_free);
    no_object();
    context_counts();
    connection_counts();
    inheritance();
    duplicate();
    clear();
    change_context();
    fresh_connection();
    library_contexts();
    null_provider();
    return 0;
}
