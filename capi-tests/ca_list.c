/* Names of CAs: lists kept for a context and a connection, loaded from files, sent to the peer and seen by it. */
#include "call.h"
#include "load.h"

#include <openssl/pem.h>

static void show_names(const char *label, const STACK_OF(X509_NAME) *names)
{
    char text[200];

    printf("%s: %d", label, names == NULL ? -1 : sk_X509_NAME_num(names));
    for (int i = 0; names != NULL && i < sk_X509_NAME_num(names); i++)
        printf("%s%s", i == 0 ? " " : " | ", X509_NAME_oneline(sk_X509_NAME_value(names, i), text, sizeof text));
    printf("\n");
}

static void load(const char *file)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(pki(file));

    show_names(file, names);
    SHOW_ERR();
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

static void loading(void)
{
    static const char *const files[] = { "ca.pem", "bundle.pem", "ecdsa-chain.pem", "ecdsa-both.pem", "garbage.pem", "empty.pem", "badcert.pem", "missing.pem", "ecdsa.key" };
    STACK_OF(X509_NAME) *names;

    SECTION("SSL_load_client_CA_file");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        load(files[i]);
    names = SSL_load_client_CA_file_ex(pki("bundle.pem"), NULL, NULL);
    show_names("SSL_load_client_CA_file_ex", names);
    sk_X509_NAME_pop_free(names, X509_NAME_free);

    SECTION("adding to a stack");
    names = sk_X509_NAME_new_null();
    SHOW(SSL_add_file_cert_subjects_to_stack(names, pki("bundle.pem")));
    SHOW(SSL_add_file_cert_subjects_to_stack(names, pki("ca.pem")));
    show_names("after files", names);
    SHOW(SSL_add_file_cert_subjects_to_stack(names, pki("missing.pem")));
    SHOW_ERR();
    SHOW(SSL_add_file_cert_subjects_to_stack(names, pki("empty.pem")));
    SHOW_ERR();
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, pki("otherdir")));
    SHOW_ERR();
    SHOW(SSL_add_dir_cert_subjects_to_stack(names, pki("missing")));
    printf("last error: %s\n", ERR_reason_error_string(ERR_peek_last_error()));
    ERR_clear_error();
    SHOW(SSL_add_store_cert_subjects_to_stack(names, pki("inter.pem")));
    SHOW_ERR();
    show_names("after all", names);
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}

static void lists(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    STACK_OF(X509_NAME) *copy;
    X509 *ca = load_cert("ca.pem"), *other = load_cert("otherca.pem");
    SSL *ssl;

    SECTION("lists of a context");
    show_names("SSL_CTX_get_client_CA_list", SSL_CTX_get_client_CA_list(ctx));
    show_names("SSL_CTX_get0_CA_list", SSL_CTX_get0_CA_list(ctx));
    SHOW(SSL_CTX_add_client_CA(ctx, ca));
    show_names("SSL_CTX_get_client_CA_list", SSL_CTX_get_client_CA_list(ctx));
    show_names("SSL_CTX_get0_CA_list", SSL_CTX_get0_CA_list(ctx));
    SHOW(SSL_CTX_add1_to_CA_list(ctx, other));
    show_names("SSL_CTX_get_client_CA_list", SSL_CTX_get_client_CA_list(ctx));
    show_names("SSL_CTX_get0_CA_list", SSL_CTX_get0_CA_list(ctx));
    SHOW(SSL_CTX_add_client_CA(ctx, NULL));
    SHOW(SSL_CTX_add1_to_CA_list(ctx, NULL));
    SHOW_ERR();

    SECTION("lists of a connection");
    ssl = SSL_new(ctx);
    SSL_set_accept_state(ssl);
    show_names("SSL_get_client_CA_list", SSL_get_client_CA_list(ssl));
    show_names("SSL_get0_CA_list", SSL_get0_CA_list(ssl));
    show_names("SSL_get0_peer_CA_list", SSL_get0_peer_CA_list(ssl));
    SHOW(SSL_add_client_CA(ssl, other));
    SHOW(SSL_add1_to_CA_list(ssl, ca));
    show_names("SSL_get_client_CA_list", SSL_get_client_CA_list(ssl));
    show_names("SSL_get0_CA_list", SSL_get0_CA_list(ssl));
    show_names("the context's", SSL_CTX_get_client_CA_list(ctx));
    SSL_set_client_CA_list(ssl, SSL_load_client_CA_file(pki("bundle.pem")));
    SSL_set0_CA_list(ssl, SSL_load_client_CA_file(pki("ca.pem")));
    show_names("SSL_get_client_CA_list", SSL_get_client_CA_list(ssl));
    show_names("SSL_get0_CA_list", SSL_get0_CA_list(ssl));
    SSL_set_client_CA_list(ssl, NULL);
    show_names("SSL_get_client_CA_list", SSL_get_client_CA_list(ssl));
    SSL_free(ssl);

    SECTION("replacing");
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(pki("bundle.pem")));
    show_names("SSL_CTX_get_client_CA_list", SSL_CTX_get_client_CA_list(ctx));
    SSL_CTX_set0_CA_list(ctx, SSL_load_client_CA_file(pki("inter.pem")));
    show_names("SSL_CTX_get0_CA_list", SSL_CTX_get0_CA_list(ctx));
    copy = SSL_dup_CA_list(SSL_CTX_get_client_CA_list(ctx));
    SSL_CTX_set_client_CA_list(ctx, NULL);
    show_names("copy", copy);
    show_names("SSL_CTX_get_client_CA_list", SSL_CTX_get_client_CA_list(ctx));
    sk_X509_NAME_pop_free(copy, X509_NAME_free);
    SSL_CTX_free(ctx);
    X509_free(ca);
    X509_free(other);
}

/* What a client is told, and when. */
static void show_as_client(const char *when, SSL *ssl)
{
    printf("  %s: ", when);
    show_names("SSL_get_client_CA_list", SSL_get_client_CA_list(ssl));
    printf("  %s: ", when);
    show_names("SSL_get0_peer_CA_list", SSL_get0_peer_CA_list(ssl));
}

static int choose(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)cert;
    (void)key;
    show_as_client("in the client certificate callback", ssl);
    return 0;
}

static int certificates(SSL *ssl, void *arg)
{
    (void)arg;
    show_as_client("in the certificate callback", ssl);
    return 1;
}

static void sent_to_client(int version)
{
    static const char *const files[] = { NULL, "ca.pem", "bundle.pem", "ecdsa-chain.pem" };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct contexts ctx = contexts_new("ecdsa", version);
        SSL *client, *server;

        printf("-- server sends %s\n", files[i] == NULL ? "nothing" : files[i]);
        SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
        SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, NULL);
        if (files[i] != NULL)
            SSL_CTX_set_client_CA_list(ctx.server, SSL_load_client_CA_file(pki(files[i])));
        SSL_CTX_set_client_cert_cb(ctx.client, choose);
        SSL_CTX_set_cert_cb(ctx.client, certificates, NULL);
        pair_new(&client, &server, ctx.client, ctx.server);
        show_as_client("before", client);
        SHOW(pair_handshake(client, server).ok);
        show_as_client("after", client);
        show_names("  the server's own", SSL_get_client_CA_list(server));
        pair_free(client, server);
        contexts_free(&ctx);
    }
}

/* The general list is sent where there is no list for clients. */
static void general_list(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set0_CA_list(ctx.server, SSL_load_client_CA_file(pki("otherca.pem")));
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    show_as_client("general list only", client);
    pair_free(client, server);
    SSL_CTX_set_client_CA_list(ctx.server, SSL_load_client_CA_file(pki("ca.pem")));
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    show_as_client("both", client);
    pair_free(client, server);
    contexts_free(&ctx);
}

/* A client that holds a certificate of no CA on the list still sends it: OpenSSL leaves the choice to the program. */
static void not_on_list(int version)
{
    struct contexts ctx = contexts_new("ecdsa", version);
    SSL *client, *server;

    SSL_CTX_load_verify_file(ctx.server, pki("ca.pem"));
    SSL_CTX_set_verify(ctx.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_client_CA_list(ctx.server, SSL_load_client_CA_file(pki("otherca.pem")));
    if (SSL_CTX_use_certificate_file(ctx.client, pki("client.pem"), SSL_FILETYPE_PEM) != 1
        || SSL_CTX_use_PrivateKey_file(ctx.client, pki("client.key"), SSL_FILETYPE_PEM) != 1)
        check_give_up("client certificate");
    pair_new(&client, &server, ctx.client, ctx.server);
    SHOW(pair_handshake(client, server).ok);
    SHOW_PTR(SSL_get0_peer_certificate(server));
    SHOW(SSL_get_verify_result(server));
    pair_free(client, server);
    contexts_free(&ctx);
}

int main(void)
{
    loading();
    lists();
    in_both_versions("sent to a client", sent_to_client);
    in_both_versions("the general list", general_list);
    in_both_versions("certificate not on the list", not_on_list);
    return 0;
}
