/*
 * SSL_SESSION_get0_hostname(3), SSL_CTX_set_tlsext_servername_callback(3): whose server name becomes a session's. A server
 * acknowledges the name only where the program accepts it, also after a HelloRetryRequest, to a client that shows a
 * certificate, and to one whose ClientHello comes in pieces.
 */
#include "call.h"

static struct contexts both;
static int answer, asked, quiet;

static int on_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    asked++;
    if (quiet)
        return answer;
    CHECK(SSL_is_server(ssl) && strcmp(arg, "argument") == 0);
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_session_reused(ssl));
    return answer;
}

static SSL_SESSION *connect_once(const char *label, SSL_SESSION *session, const char *name)
{
    SSL *client, *server;
    SSL_SESSION *held;
    struct pair_result result;

    pair_new(&client, &server, both.client, both.server);
    if (name != NULL)
        SHOW(SSL_set_tlsext_host_name(client, name));
    if (session != NULL)
        SHOW(SSL_set_session(client, session));
    SHOW_STR(SSL_get_servername(client, TLSEXT_NAMETYPE_host_name));
    SHOW_STR(SSL_get_servername(server, TLSEXT_NAMETYPE_host_name));
    asked = 0;
    result = pair_handshake(client, server);
    pair_show(label, &result);
    if (quiet)
        SHOW(asked > 0);
    else
        SHOW(asked);
    printf("reused %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
    SHOW_STR(SSL_get_servername(client, TLSEXT_NAMETYPE_host_name));
    SHOW_STR(SSL_get_servername(server, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_get_servername_type(server));
    SHOW_PTR(SSL_get0_peer_certificate(server));
    if (result.ok)
        CHECK(pair_transfer(server, client, "hello", 5));
    held = SSL_get1_session(client);
    SHOW_STR(SSL_SESSION_get0_hostname(held));
    if (SSL_get_session(server) != NULL)
        SHOW_STR(SSL_SESSION_get0_hostname(SSL_get_session(server)));
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    return held;
}

static void with_callback(const char *label, int callback, int returns, int version)
{
    SSL_SESSION *first, *second;

    printf("== %s, version %x\n", label, version);
    both = contexts_new("ecdsa", version);
    SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"name", 4);
    answer = returns;
    if (callback) {
        SSL_CTX_set_tlsext_servername_callback(both.server, on_name);
        SSL_CTX_set_tlsext_servername_arg(both.server, "argument");
    }
    first = connect_once("first", NULL, "first.example");
    second = connect_once("the same name", first, "first.example");
    SSL_SESSION_free(connect_once("another name", second, "second.example"));
    SSL_SESSION_free(connect_once("no name", second, NULL));
    SSL_SESSION_free(first);
    SSL_SESSION_free(second);
    contexts_free(&both);
}

/*
 * The client's first key share is of a group that the server does not take. (The reference asks its callback for each of
 * the two ClientHellos.)
 */
static void asked_to_retry(int limit)
{
    SSL_SESSION *first;

    quiet = 1;
    for (int returns = SSL_TLSEXT_ERR_OK; returns <= SSL_TLSEXT_ERR_NOACK; returns += 3) {
        printf("-- the callback returns %d\n", returns);
        both = contexts_new("ecdsa", limit);
        SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"name", 4);
        SHOW(SSL_CTX_set1_groups_list(both.client, "X25519:P-384"));
        SHOW(SSL_CTX_set1_groups_list(both.server, "P-384"));
        answer = returns;
        SSL_CTX_set_tlsext_servername_callback(both.server, on_name);
        SSL_CTX_set_tlsext_servername_arg(both.server, "argument");
        first = connect_once("full", NULL, "retry.example");
        SSL_SESSION_free(connect_once("resumption", first, "retry.example"));
        SSL_SESSION_free(first);
        contexts_free(&both);
    }
    quiet = 0;
}

static void with_client_certificate(int limit)
{
    SSL_SESSION *first;

    both = contexts_new("rsa", limit);
    SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"name", 4);
    SSL_CTX_load_verify_locations(both.server, pki("ca.pem"), NULL);
    SSL_CTX_set_verify(both.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SHOW(SSL_CTX_use_certificate_chain_file(both.client, pki("client.pem")));
    SHOW(SSL_CTX_use_PrivateKey_file(both.client, pki("client.key"), SSL_FILETYPE_PEM));
    first = connect_once("full", NULL, "client.example");
    SSL_SESSION_free(connect_once("resumption", first, "client.example"));
    SSL_SESSION_free(first);
    contexts_free(&both);
}

/* A ClientHello of more than one record, also the second one after a HelloRetryRequest. */
static void in_pieces(int limit)
{
    unsigned char protocols[1000];
    SSL_SESSION *first;

    for (size_t i = 0; i < sizeof protocols; i += 100) {
        memset(protocols + i, 'a' + (int)(i / 100), 100);
        protocols[i] = 99;
    }
    for (int retry = 0; retry < 2; retry++) {
        both = contexts_new("ecdsa", limit);
        SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"name", 4);
        SHOW(SSL_CTX_set_alpn_protos(both.client, protocols, sizeof protocols));
        SHOW(SSL_CTX_set_max_send_fragment(both.client, 512));
        SHOW(SSL_CTX_set1_groups_list(both.client, "X25519:P-384"));
        if (retry)
            SHOW(SSL_CTX_set1_groups_list(both.server, "P-384"));
        first = connect_once("full", NULL, "pieces.example");
        SSL_SESSION_free(connect_once("resumption", first, "pieces.example"));
        SSL_SESSION_free(first);
        contexts_free(&both);
    }
}

static void serve(int fd, const char *arg)
{
    struct contexts sides = contexts_new("ecdsa", 0);
    SSL *ssl;
    char buf[8];

    answer = atoi(arg);
    quiet = 1;
    if (answer >= 0) {
        SSL_CTX_set_tlsext_servername_callback(sides.server, on_name);
        SSL_CTX_set_tlsext_servername_arg(sides.server, "argument");
    }
    SHOW(SSL_CTX_set1_groups_list(sides.server, "P-384"));
    ssl = SSL_new(sides.server);
    SSL_set_fd(ssl, fd);
    CALL(ssl, SSL_accept(ssl));
    CALL(ssl, SSL_read(ssl, buf, sizeof buf));
    CALL(ssl, SSL_write(ssl, "answer", 6));
    SSL_shutdown(ssl);
    remote_drain(fd);
    SSL_free(ssl);
    contexts_free(&sides);
}

/* The server is another library's. */
static void at_a_remote_server(int limit)
{
    static const char *const answers[] = { "-1", "0", "3" };

    for (int i = 0; i < 3; i++) {
        struct contexts sides = contexts_new("ecdsa", limit);
        struct remote peer;
        SSL *ssl = SSL_new(sides.client);
        char buf[8];

        printf("-- the server's callback: %s\n", answers[i]);
        remote_start(&peer, "serve", answers[i]);
        SHOW(SSL_set1_groups_list(ssl, "X25519:P-384"));
        SHOW(SSL_set_tlsext_host_name(ssl, "remote.example"));
        SSL_set_fd(ssl, peer.fd);
        CALL(ssl, SSL_connect(ssl));
        CALL(ssl, SSL_write(ssl, "hello", 5));
        CALL(ssl, SSL_read(ssl, buf, sizeof buf));
        SHOW_STR(SSL_SESSION_get0_hostname(SSL_get_session(ssl)));
        SSL_shutdown(ssl);
        SSL_free(ssl);
        remote_finish(&peer);
        contexts_free(&sides);
    }
}

int main(int argc, char **argv)
{
    static const struct remote_role roles[] = { { "serve", serve }, { NULL, NULL } };

    remote_main(argc, argv, roles);
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        with_callback("no callback", 0, 0, version);
        with_callback("accepted", 1, SSL_TLSEXT_ERR_OK, version);
        with_callback("not acknowledged", 1, SSL_TLSEXT_ERR_NOACK, version);
        with_callback("a warning", 1, SSL_TLSEXT_ERR_ALERT_WARNING, version);
        with_callback("refused", 1, SSL_TLSEXT_ERR_ALERT_FATAL, version);
    }
    in_both_versions("asked to retry", asked_to_retry);
    in_both_versions("with a client certificate", with_client_certificate);
    in_both_versions("in pieces", in_pieces);
    in_both_versions("at a remote server", at_a_remote_server);
    return 0;
}
