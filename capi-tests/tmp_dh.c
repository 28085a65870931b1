/* Diffie-Hellman parameters: programs end when setting them fails, though ECDHE is what is used. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SSL_CTX_set_tmp_dh is still used */
#include "call.h"

#include <openssl/dh.h>
#include <openssl/pem.h>

static DH *no_parameters(SSL *ssl, int is_export, int length)
{
    (void)ssl;
    (void)is_export;
    (void)length;
    return NULL;
}

static void dh_parameters(void)
{
    struct contexts ctx = contexts_new("ecdsa", TLS1_2_VERSION);
    BIO *in = BIO_new_file(pki("dh.pem"), "r");
    DH *dh = PEM_read_bio_DHparams(in, NULL, NULL, NULL);
    EVP_PKEY *key;
    SSL *client, *server;

    SECTION("Diffie-Hellman parameters");
    (void)BIO_reset(in);
    key = PEM_read_bio_Parameters(in, NULL);
    BIO_free(in);
    SHOW_PTR(dh);
    SHOW_PTR(key);
    SHOW(SSL_CTX_set_tmp_dh(ctx.server, dh));
    SHOW(SSL_CTX_set_tmp_dh(ctx.server, NULL));
    SHOW_ERR();
    SHOW(SSL_CTX_set_dh_auto(ctx.server, 1));
    SHOW(SSL_CTX_set_dh_auto(ctx.server, 0));
    EVP_PKEY_up_ref(key);
    SHOW(SSL_CTX_set0_tmp_dh_pkey(ctx.server, key));
    SSL_CTX_set_tmp_dh_callback(ctx.server, no_parameters);
    SHOW(SSL_CTX_set_tmp_ecdh(ctx.server, NULL));
    ERR_clear_error();
    SHOW(SSL_CTX_set_ecdh_auto(ctx.server, 1));
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(SSL_set_tmp_dh(server, dh));
    SHOW(SSL_set_dh_auto(server, 1));
    SHOW(SSL_set0_tmp_dh_pkey(server, key));
    SSL_set_tmp_dh_callback(server, no_parameters);
    SHOW_ERR();
    SHOW(pair_handshake(client, server).ok);
    SHOW_STR(SSL_get_cipher(client));
    pair_free(client, server);
    DH_free(dh);
    contexts_free(&ctx);
}

int main(void)
{
    dh_parameters();
    return 0;
}
