/* TLS_method(3), SSL_CTX_set_ssl_version(3): which methods make contexts, and what role and versions they give. */
#include "peer.h"

struct method {
    const char *name;
    const SSL_METHOD *(*get)(void);
};

static const struct method tls_methods[] = {
    { "TLS_method", TLS_method },
    { "TLS_client_method", TLS_client_method },
    { "TLS_server_method", TLS_server_method },
    { "TLSv1_2_method", TLSv1_2_method },
    { "TLSv1_2_client_method", TLSv1_2_client_method },
    { "TLSv1_2_server_method", TLSv1_2_server_method },
};

static const struct method old_methods[] = {
    { "TLSv1_method", TLSv1_method },
    { "TLSv1_client_method", TLSv1_client_method },
    { "TLSv1_server_method", TLSv1_server_method },
    { "TLSv1_1_method", TLSv1_1_method },
    { "TLSv1_1_client_method", TLSv1_1_client_method },
    { "TLSv1_1_server_method", TLSv1_1_server_method },
    { "DTLS_method", DTLS_method },
    { "DTLS_client_method", DTLS_client_method },
    { "DTLS_server_method", DTLS_server_method },
    { "DTLSv1_2_method", DTLSv1_2_method },
    { "DTLSv1_2_client_method", DTLSv1_2_client_method },
    { "DTLSv1_2_server_method", DTLSv1_2_server_method },
    { "DTLSv1_method", DTLSv1_method },
    { "DTLSv1_client_method", DTLSv1_client_method },
    { "DTLSv1_server_method", DTLSv1_server_method },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void one_method(const struct method *method)
{
    SSL_CTX *ctx;
    SSL *ssl;

    SECTION(method->name);
    CHECK(method->get() != NULL && method->get() == method->get());
    ctx = SSL_CTX_new(method->get());
    SHOW_PTR(ctx);
    SHOW_ERR();
    CHECK(SSL_CTX_get_ssl_method(ctx) == method->get());
    SHOW(SSL_CTX_get_min_proto_version(ctx));
    SHOW(SSL_CTX_get_max_proto_version(ctx));
    ssl = SSL_new(ctx);
    SHOW_PTR(ssl);
    CHECK(SSL_get_ssl_method(ssl) == method->get());
    SHOW(SSL_version(ssl));
    SHOW_STR(SSL_get_version(ssl));
    SHOW(SSL_client_version(ssl));
    SHOW(SSL_is_server(ssl));
    SHOW(SSL_is_dtls(ssl));
    SHOW(SSL_in_init(ssl));
    SHOW(SSL_in_before(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    SHOW_ERR();
}

/* The method says what a connection may become: the other role's call is an error, not a change of role. */
static void wrong_role(const struct method *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method->get());
    SSL *ssl = SSL_new(ctx);

    SECTION(method->name);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SHOW(SSL_do_handshake(ssl));
    SHOW(SSL_get_error(ssl, -1));
    SHOW_ERR();
    ERR_clear_error();
    SHOW(SSL_is_server(ssl));
    SSL_free(ssl);

    ssl = SSL_new(ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (strstr(method->name, "client") != NULL)
        SHOW(SSL_accept(ssl));
    else if (strstr(method->name, "server") != NULL)
        SHOW(SSL_connect(ssl));
    else
        SHOW(SSL_accept(ssl));
    SHOW(SSL_get_error(ssl, -1));
    SHOW_ERR();
    SHOW(SSL_is_server(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void connect_with(const struct method *client_method, const struct method *server_method)
{
    SSL_CTX *client_ctx = SSL_CTX_new(client_method->get()), *server_ctx = SSL_CTX_new(server_method->get());
    SSL *client, *server;
    struct pair_result result;

    if (SSL_CTX_use_certificate_chain_file(server_ctx, pki("ecdsa.pem")) != 1
        || SSL_CTX_use_PrivateKey_file(server_ctx, pki("ecdsa.key"), SSL_FILETYPE_PEM) != 1)
        check_give_up("certificate");
    printf("-- %s to %s\n", client_method->name, server_method->name);
    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    SHOW_STR(SSL_get_version(client));
    SHOW_STR(SSL_get_version(server));
    SHOW(SSL_client_version(server));
    SHOW(SSL_is_server(client));
    SHOW(SSL_is_server(server));
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void change_method(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("changing the method");
    SHOW(SSL_set_ssl_method(ssl, TLSv1_2_method()));
    CHECK(SSL_get_ssl_method(ssl) == TLSv1_2_method());
    SHOW(SSL_version(ssl));
    SHOW(SSL_set_ssl_method(ssl, TLS_client_method()));
    CHECK(SSL_get_ssl_method(ssl) == TLS_client_method());
    CHECK(SSL_CTX_get_ssl_method(ctx) == TLS_method());
    SSL_free(ssl);

    SHOW(SSL_CTX_set_ssl_version(ctx, TLSv1_2_server_method()));
    CHECK(SSL_CTX_get_ssl_method(ctx) == TLSv1_2_server_method());
    ssl = SSL_new(ctx);
    CHECK(SSL_get_ssl_method(ssl) == TLSv1_2_server_method());
    SHOW(SSL_version(ssl));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* An old version's context is there; its handshake fails, here by refusal and on the reference by its security level. */
static void connect_with_old(const struct method *method)
{
    int serves = strstr(method->name, "server") != NULL;
    SSL_CTX *old_ctx = SSL_CTX_new(method->get()), *ctx = SSL_CTX_new(serves ? TLS_client_method() : TLS_server_method());
    SSL *client, *server;
    struct pair_result result;

    SSL_CTX_use_certificate_chain_file(serves ? old_ctx : ctx, pki("ecdsa.pem"));
    SSL_CTX_use_PrivateKey_file(serves ? old_ctx : ctx, pki("ecdsa.key"), SSL_FILETYPE_PEM);
    pair_new(&client, &server, serves ? ctx : old_ctx, serves ? old_ctx : ctx);
    SHOW_STR(SSL_get_version(serves ? server : client));
    result = pair_handshake(client, server);
    printf("%s: %s\n", method->name, result.ok ? "connected" : "refused");
    pair_free(client, server);
    SSL_CTX_free(old_ctx);
    SSL_CTX_free(ctx);
    ERR_clear_error();
}

static void not_a_method(void)
{
    SECTION("no method");
    SHOW_PTR(SSL_CTX_new(NULL));
    SHOW_ERR();
}

int main(void)
{
    size_t i, j;

    for (i = 0; i < COUNT(tls_methods); i++)
        one_method(&tls_methods[i]);
    SECTION("the wrong role, or none");
    for (i = 0; i < COUNT(tls_methods); i++)
        wrong_role(&tls_methods[i]);
    SECTION("connections");
    for (i = 0; i < COUNT(tls_methods); i++)
        for (j = 0; j < COUNT(tls_methods); j++)
            if (strstr(tls_methods[i].name, "server") == NULL && strstr(tls_methods[j].name, "client") == NULL)
                connect_with(&tls_methods[i], &tls_methods[j]);
    change_method();
    not_a_method();

    /* by design no context for DTLS on ours: the object is there, the context is refused with a reason */
    SECTION("old versions and DTLS");
    for (i = 0; i < COUNT(old_methods); i++) {
        SSL_CTX *ctx;

        CHECK(old_methods[i].get() != NULL && old_methods[i].get() == old_methods[i].get());
        ctx = SSL_CTX_new(old_methods[i].get());
        printf("%s: %s\n", old_methods[i].name, ctx == NULL ? "no context" : "context");
        CHECK((ctx == NULL) == (ERR_peek_error() != 0));
        CHECK(ctx != NULL || ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SSL);
        ERR_clear_error();
        SSL_CTX_free(ctx);
        if (strncmp(old_methods[i].name, "TLS", 3) == 0)
            connect_with_old(&old_methods[i]);
    }
    return 0;
}
