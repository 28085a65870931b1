/*
 * What is refused by design or not yet there: PSK, SRTP, NPN, SRP, DANE, compression, early data, post-handshake authentication, message
 * callback. The reference can do most of it, so the differences stand in known-gaps; equal must be what a connection does that only
 * has such a setting lying around, and the answers of the getters.
 */
#include "peer.h"

#include <openssl/dh.h>

static SSL_CTX *client_ctx, *server_ctx;
static int calls;

static void new_contexts(int version)
{
    client_ctx = new_client_ctx();
    server_ctx = new_server_ctx("ecdsa");
    SSL_CTX_set_max_proto_version(client_ctx, version);
    calls = 0;
}

static void free_contexts(void)
{
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* A setting that is refused says so: an entry of the SSL library in the queue. */
static void refused_or_done(const char *name, int done)
{
    printf("%s: %s\n", name, done ? "done" : ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_SSL ? "refused" : "failed without an error");
    ERR_clear_error();
}

static unsigned int psk_client(SSL *ssl, const char *hint, char *identity, unsigned int max_identity, unsigned char *psk, unsigned int max_psk)
{
    (void)ssl, (void)hint, (void)identity, (void)max_identity, (void)psk, (void)max_psk;
    calls++;
    return 0;
}

static unsigned int psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned int max_psk)
{
    (void)ssl, (void)identity, (void)psk, (void)max_psk;
    calls++;
    return 0;
}

static void psk(void)
{
    SSL *client, *server;

    SECTION("PSK");
    new_contexts(TLS1_2_VERSION);
    SSL_CTX_set_psk_client_callback(client_ctx, psk_client);
    refused_or_done("SSL_CTX_set_psk_client_callback", ERR_peek_error() == 0);
    SSL_CTX_set_psk_server_callback(server_ctx, psk_server);
    refused_or_done("SSL_CTX_set_psk_server_callback", ERR_peek_error() == 0);
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_set_psk_client_callback(client, psk_client);
    refused_or_done("SSL_set_psk_client_callback", ERR_peek_error() == 0);
    refused_or_done("SSL_CTX_use_psk_identity_hint", SSL_CTX_use_psk_identity_hint(server_ctx, "hint") == 1);
    /* the certificate goes on being what authenticates */
    CHECK(SSL_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256") == 1);
    pair_connect(client, server);
    SHOW_STR(SSL_get_cipher_name(client));
    SHOW(calls);
    SHOW_STR(SSL_get_psk_identity(client));
    SHOW_STR(SSL_get_psk_identity_hint(client));
    pair_free(client, server);
    free_contexts();
}

static void srtp(void)
{
    SSL *client, *server;

    SECTION("SRTP");
    new_contexts(TLS1_3_VERSION);
    /* 0 is success here */
    refused_or_done("SSL_CTX_set_tlsext_use_srtp", SSL_CTX_set_tlsext_use_srtp(client_ctx, "SRTP_AES128_CM_SHA1_80") == 0);
    SHOW(SSL_CTX_set_tlsext_use_srtp(client_ctx, "nonsense"));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    pair_new(&client, &server, client_ctx, server_ctx);
    refused_or_done("SSL_set_tlsext_use_srtp", SSL_set_tlsext_use_srtp(server, "SRTP_AES128_CM_SHA1_80") == 0);
    SHOW_PTR(SSL_get_selected_srtp_profile(client));
    pair_free(client, server);
    free_contexts();
    /* on fresh contexts: with the setting a TLS handshake of the reference fails, the extension is for DTLS */
    new_contexts(TLS1_3_VERSION);
    pair_new(&client, &server, client_ctx, server_ctx);
    pair_connect(client, server);
    SHOW_PTR(SSL_get_selected_srtp_profile(client));
    SHOW_PTR(SSL_get_selected_srtp_profile(server));
    SHOW_ERR();
    pair_free(client, server);
    free_contexts();
}

static int npn_select(SSL *ssl, unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg)
{
    (void)ssl, (void)arg;
    calls++;
    return SSL_select_next_proto(out, outlen, in, inlen, (const unsigned char *)"\x08http/1.1", 9) == OPENSSL_NPN_NO_OVERLAP ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK;
}

static int npn_advertise(SSL *ssl, const unsigned char **out, unsigned int *outlen, void *arg)
{
    (void)ssl, (void)arg;
    *out = (const unsigned char *)"\x08http/1.1";
    *outlen = 9;
    calls++;
    return SSL_TLSEXT_ERR_OK;
}

static void next_protocol(int version)
{
    SSL *client, *server;
    const unsigned char *name = NULL;
    unsigned len = 7;

    printf("== next protocol negotiation, version %x\n", version);
    new_contexts(version);
    SSL_CTX_set_next_proto_select_cb(client_ctx, npn_select, NULL);
    SSL_CTX_set_next_protos_advertised_cb(server_ctx, npn_advertise, NULL);
    ERR_clear_error();
    pair_new(&client, &server, client_ctx, server_ctx);
    SSL_get0_next_proto_negotiated(client, &name, &len);
    SHOW_PTR(name);
    SHOW(len);
    pair_connect(client, server);
    SSL_get0_next_proto_negotiated(client, &name, &len);
    SHOW_HEX("negotiated", name, len);
    SHOW(calls);
    CHECK(pair_transfer(client, server, "data", 4));
    pair_free(client, server);
    free_contexts();
}

static void on_message(int write_p, int version, int content_type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    (void)write_p, (void)version, (void)content_type, (void)len, (void)ssl;
    if (buf != NULL && arg != NULL)
        ++*(int *)arg;
}

static void message_callback(int version)
{
    SSL *client, *server;
    int context_messages = 0, messages = 0;

    printf("== message callback, version %x\n", version);
    new_contexts(version);
    SSL_CTX_set_msg_callback(server_ctx, on_message);
    SHOW(SSL_CTX_set_msg_callback_arg(server_ctx, &context_messages));
    pair_new(&client, &server, client_ctx, server_ctx);
    ERR_clear_error();
    SSL_set_msg_callback(client, on_message);
    SHOW(SSL_set_msg_callback_arg(client, &messages));
    refused_or_done("SSL_set_msg_callback", ERR_peek_error() == 0);
    pair_connect(client, server);
    printf("messages seen by the client: %s\n", messages > 0 ? "some" : "none");
    printf("messages seen by the server: %s\n", context_messages > 0 ? "some" : "none");
    pair_free(client, server);
    free_contexts();
}

static void early_data(void)
{
    SSL *client, *server;
    size_t n = 99;

    SECTION("early data");
    new_contexts(TLS1_3_VERSION);
    refused_or_done("SSL_CTX_set_max_early_data", SSL_CTX_set_max_early_data(server_ctx, 16384) == 1);
    SHOW(SSL_CTX_set_max_early_data(server_ctx, 0));
    SHOW(SSL_CTX_get_max_early_data(server_ctx));
    ERR_clear_error();
    pair_new(&client, &server, client_ctx, server_ctx);
    /* without a session there is nothing to send it with */
    SHOW(SSL_write_early_data(client, "early", 5, &n));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    SHOW(SSL_get_early_data_status(client));
    pair_free(client, server);
    free_contexts();
}

static void others(void)
{
    SSL *client, *server;
    DH *dh = DH_new_by_nid(NID_ffdhe2048);

    SECTION("others");
    new_contexts(TLS1_3_VERSION);
    SHOW_PTR(dh);
    SHOW(SSL_CTX_set_tmp_dh(server_ctx, dh));
    SHOW(SSL_CTX_set_tmp_dh(server_ctx, NULL));
    ERR_clear_error();
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set_tmp_dh(server, dh));
    DH_free(dh);
    ERR_clear_error();
    SHOW(SSL_is_dtls(client));
    pair_connect(client, server);
    SHOW(SSL_renegotiate(client));
    SHOW_ERR();
    SHOW(SSL_renegotiate_abbreviated(client));
    SHOW_ERR();
    SHOW(SSL_renegotiate_pending(client));
    SHOW(SSL_verify_client_post_handshake(client));
    SHOW_ERR();
    SHOW(SSL_verify_client_post_handshake(server));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    SHOW_PTR(SSL_get_current_compression(client));
    SHOW_PTR(SSL_get_current_expansion(client));
    SHOW(SSL_get0_dane_authority(client, NULL, NULL));
    SHOW(SSL_dane_enable(client, NULL));
    CHECK(ERR_peek_error() != 0);
    ERR_clear_error();
    SHOW_STR(SSL_get_srp_username(client));
    SHOW_STR(SSL_get_srp_userinfo(client));
    SHOW(SSL_ct_is_enabled(client));
    SHOW(SSL_CTX_ct_is_enabled(client_ctx));
    SHOW_PTR(SSL_get0_peer_scts(client));
    SHOW(SSL_get_all_async_fds(client, NULL, &(size_t) { 9 }));
    SHOW(SSL_waiting_for_async(client));
    ERR_clear_error();
    CHECK(pair_transfer(client, server, "data", 4));
    pair_free(client, server);
    free_contexts();
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    psk();
    srtp();
    next_protocol(TLS1_2_VERSION);
    next_protocol(TLS1_3_VERSION);
    message_callback(TLS1_2_VERSION);
    message_callback(TLS1_3_VERSION);
    early_data();
    others();
    return 0;
}
