/*
 * SSL_get_error(3), SSL_want(3), SSL_state_string(3), SSL_alert_type_string(3), SSL_get_version(3), SSL_in_init(3), SSL_set_shutdown(3),
 * SSL_rstate_string(3): what a connection says about itself, step by step.
 */
#include "peer.h"

static void show_state(const char *label, SSL *ssl)
{
    printf("%s: state %d \"%s\" \"%s\" rstate \"%s\" \"%s\" init %d before %d finished %d want %d shutdown %d server %d version %s %x reused %d\n", label,
           (int)SSL_get_state(ssl), SSL_state_string(ssl), SSL_state_string_long(ssl), SSL_rstate_string(ssl), SSL_rstate_string_long(ssl),
           SSL_in_init(ssl), SSL_in_before(ssl), SSL_is_init_finished(ssl), SSL_want(ssl), SSL_get_shutdown(ssl), SSL_is_server(ssl),
           SSL_get_version(ssl), SSL_version(ssl), SSL_session_reused(ssl));
}

/* The states that the info callback can see are in callbacks.c; these are the ones between calls. */
static void step_by_step(int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;
    int ret;
    char byte;

    printf("== step by step, version %x\n", version);
    SSL_CTX_set_max_proto_version(client_ctx, version);
    client = SSL_new(client_ctx);
    server = SSL_new(server_ctx);
    show_state("new client", client);
    show_state("new server", server);
    pair_join(client, server, PAIR_BIO);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    show_state("client", client);
    show_state("server", server);
    ret = SSL_accept(server);
    printf("accept %d error %d\n", ret, SSL_get_error(server, ret));
    show_state("server with nothing to read", server);
    for (int round = 0; round < 4; round++) {
        ret = SSL_connect(client);
        printf("connect %d error %d\n", ret, SSL_get_error(client, ret));
        show_state("client", client);
        ret = SSL_accept(server);
        printf("accept %d error %d\n", ret, SSL_get_error(server, ret));
        show_state("server", server);
        if (SSL_is_init_finished(client) && SSL_is_init_finished(server))
            break;
    }
    SHOW(SSL_connect(client));
    SHOW(SSL_do_handshake(server));
    ret = SSL_read(client, &byte, 1);
    printf("read %d error %d\n", ret, SSL_get_error(client, ret));
    show_state("client after a read", client);
    SHOW(SSL_shutdown(client));
    show_state("client after SSL_shutdown", client);
    ret = SSL_shutdown(client);
    printf("shutdown %d error %d\n", ret, SSL_get_error(client, ret));
    ret = SSL_read(server, &byte, 1);
    printf("read %d error %d\n", ret, SSL_get_error(server, ret));
    show_state("server after close_notify", server);
    ret = SSL_read(server, &byte, 1);
    printf("read %d error %d\n", ret, SSL_get_error(server, ret));
    SHOW(SSL_shutdown(server));
    show_state("server after SSL_shutdown", server);
    SHOW(SSL_shutdown(client));
    show_state("client after both", client);
    ret = SSL_write(client, "x", 1);
    printf("write %d error %d\n", ret, SSL_get_error(client, ret));
    SHOW_ERR();
    ret = SSL_read(client, &byte, 1);
    printf("read %d error %d\n", ret, SSL_get_error(client, ret));
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void after_a_failure(void)
{
    SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method()), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;
    struct pair_result result;
    char byte;
    int ret;

    SECTION("after a failed handshake");
    /* nothing is trusted */
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    pair_new(&client, &server, client_ctx, server_ctx);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    show_state("client", client);
    show_state("server", server);
    SHOW(SSL_get_verify_result(client));
    for (int i = 0; i < 2; i++) {
        ret = SSL_do_handshake(client);
        printf("handshake again %d error %d\n", ret, SSL_get_error(client, ret));
        SHOW_ERR();
        ret = SSL_read(client, &byte, 1);
        printf("read %d error %d\n", ret, SSL_get_error(client, ret));
        SHOW_ERR();
        ret = SSL_write(client, "x", 1);
        printf("write %d error %d\n", ret, SSL_get_error(client, ret));
        SHOW_ERR();
    }
    ret = SSL_shutdown(client);
    printf("shutdown %d error %d\n", ret, SSL_get_error(client, ret));
    SHOW_ERR();
    ret = SSL_do_handshake(server);
    printf("server's handshake again %d error %d\n", ret, SSL_get_error(server, ret));
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* SSL_get_error looks at the return value, the queue, the wants and the shutdown state, in this order. */
static void error_rules(void)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server, *idle = SSL_new(client_ctx);

    SECTION("rules of SSL_get_error");
    SHOW(SSL_get_error(idle, 1));
    SHOW(SSL_get_error(idle, 5));
    SHOW(SSL_get_error(idle, 0));
    SHOW(SSL_get_error(idle, -1));
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    SHOW(SSL_get_error(idle, 1));
    SHOW(SSL_get_error(idle, -1));
    ERR_clear_error();
    ERR_raise(ERR_LIB_SYS, 5);
    SHOW(SSL_get_error(idle, -1));
    ERR_clear_error();
    ERR_raise(ERR_LIB_X509, 5);
    SHOW(SSL_get_error(idle, 0));
    ERR_clear_error();
    SSL_set_shutdown(idle, SSL_RECEIVED_SHUTDOWN);
    SHOW(SSL_get_error(idle, 0));
    SHOW(SSL_get_error(idle, -1));
    SSL_set_shutdown(idle, SSL_SENT_SHUTDOWN);
    SHOW(SSL_get_error(idle, 0));
    SSL_free(idle);

    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_do_handshake(client));
    SHOW(SSL_get_error(client, -1));
    SHOW(SSL_get_error(client, 0));
    SHOW(SSL_get_error(client, 1));
    SHOW(SSL_want_read(client));
    SHOW(SSL_want_write(client));
    SHOW(SSL_want_nothing(client));
    SHOW(SSL_want_x509_lookup(client));
    SHOW(SSL_want_retry_verify(client));
    SHOW(SSL_want_async(client));
    SHOW(SSL_want_async_job(client));
    SHOW(SSL_want_client_hello_cb(client));
    /* an old entry in the queue hides the want */
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    SHOW(SSL_get_error(client, -1));
    ERR_clear_error();
    pair_free(client, server);

    SECTION("shutdown bits");
    pair_new(&client, &server, client_ctx, server_ctx);
    for (int bits = 0; bits < 5; bits++) {
        SSL_set_shutdown(client, bits);
        SHOW(SSL_get_shutdown(client));
    }
    SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* What the strings of errors are looked up by. */
static void errors_and_alerts(void)
{
    static const int values[] = { SSL3_AL_WARNING << 8, SSL3_AL_FATAL << 8, 0, 0x300, -1 };

    SECTION("alert strings");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        printf("type %x: \"%s\" \"%s\"\n", values[i], SSL_alert_type_string(values[i]), SSL_alert_type_string_long(values[i]));
    for (int alert = 0; alert < 256; alert++) {
        if (strcmp(SSL_alert_desc_string(alert), "UK") != 0 || strcmp(SSL_alert_desc_string_long(alert), "unknown") != 0)
            printf("alert %d: \"%s\" \"%s\"\n", alert, SSL_alert_desc_string(alert), SSL_alert_desc_string_long(alert));
    }
    printf("alert with its level: \"%s\" \"%s\"\n", SSL_alert_desc_string((SSL3_AL_FATAL << 8) | SSL_AD_HANDSHAKE_FAILURE),
           SSL_alert_desc_string_long((SSL3_AL_FATAL << 8) | SSL_AD_HANDSHAKE_FAILURE));

    SECTION("reason texts");
    SHOW(ERR_load_SSL_strings());
    for (unsigned long reason = 1; reason < 1200; reason++) {
        const char *text = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason));

        if (text != NULL)
            printf("reason %lu: %s\n", reason, text);
    }
}

static void versions(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("versions");
    CHECK(OPENSSL_VERSION_MAJOR == OPENSSL_version_major());
    SHOW_STR(SSL_get_version(ssl));
    SHOW(SSL_version(ssl));
    SHOW(SSL_get_quiet_shutdown(ssl));
    SHOW_PTR(SSL_COMP_get_compression_methods());
    SHOW(sk_SSL_COMP_num(SSL_COMP_get_compression_methods()));
    SHOW_PTR(SSL_COMP_get_name(SSL_get_current_compression(ssl)));
    SHOW_STR(SSL_COMP_get_name(NULL));
    SHOW(SSL_waiting_for_async(ssl));
    SHOW(SSL_get_ex_data_X509_STORE_CTX_idx() >= 0);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    step_by_step(TLS1_2_VERSION);
    step_by_step(TLS1_3_VERSION);
    after_a_failure();
    error_rules();
    errors_and_alerts();
    versions();
    return 0;
}
