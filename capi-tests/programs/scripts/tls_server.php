<?php
// A TLS server in PHP, one of the programs under test; see support/runtime.py for what it is asked.

const METHODS = [
    '1.2' => STREAM_CRYPTO_METHOD_TLSv1_2_SERVER,
    '1.3' => STREAM_CRYPTO_METHOD_TLSv1_3_SERVER,
];

function context(array $one)
{
    $ssl = [
        'local_cert' => $one['certificate'], 'local_pk' => $one['key'], 'alpn_protocols' => implode(',', $one['alpn']),
        'verify_peer' => isset($one['ca']), 'verify_peer_name' => false, 'capture_peer_cert' => true, 'capture_peer_cert_chain' => true,
        'security_level' => $one['level'] ?? 2,
    ];
    if (isset($one['ca'])) {
        $ssl['cafile'] = $one['ca'];
    }
    if (isset($one['names'])) {
        $ssl['SNI_server_certs'] = $one['names'];
    }
    return stream_context_create(['ssl' => $ssl]);
}

function methods(array $one): int
{
    $method = 0;
    foreach (METHODS as $version => $bit) {
        if ($version >= ($one['min'] ?? '1.2') && $version <= ($one['max'] ?? '1.3')) {
            $method |= $bit;
        }
    }
    return $method;
}

function seen($stream): array
{
    $made = stream_context_get_options($stream)['ssl'];
    return [
        'crypto' => stream_get_meta_data($stream)['crypto'],
        'peer' => isset($made['peer_certificate']) ? openssl_x509_parse($made['peer_certificate'])['name'] : null,
        'chain' => count($made['peer_certificate_chain'] ?? []),
    ];
}

function answer($stream, string $bulk): void
{
    [$word, $count] = explode(' ', trim((string) fgets($stream)) . ' 0');
    if ($word === 'facts') {
        fwrite($stream, json_encode(seen($stream)) . "\n");
    } elseif ($word === 'down') {
        fwrite($stream, file_get_contents($bulk, length: (int) $count));
    } elseif ($word === 'up') {
        fwrite($stream, hash('sha256', stream_get_contents($stream, (int) $count)) . "\n");
    }
}

function converse($plain, array $one, string $bulk): array
{
    error_clear_last();
    stream_set_blocking($plain, true);
    if (@stream_socket_enable_crypto($plain, true, methods($one)) !== true) {
        $error = error_get_last()['message'] ?? 'no word';
        return ['error' => preg_replace('/^.*?\): /', '', $error)];
    }
    answer($plain, $bulk);
    return seen($plain);
}

function serve(array $settings): void
{
    $listeners = [];
    foreach ($settings['listeners'] as $number => $one) {
        $listeners[$number] = stream_socket_server("tcp://127.0.0.1:{$one['port']}", context: context($one));
    }
    while (true) {
        $ready = $listeners;
        $none = null;
        stream_select($ready, $none, $none, null);
        foreach ($ready as $number => $listener) {
            $plain = stream_socket_accept($listener, 10);
            $told = converse($plain, $settings['listeners'][$number], $settings['bulk']);
            fclose($plain);
            fwrite(STDOUT, json_encode($told) . "\n");
        }
    }
}

serve(json_decode($argv[1], true));
