<?php
// A TLS client in PHP, one of the programs under test; see support/runtime.py for what it is asked.

const METHODS = [
    '1.2' => STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT,
    '1.3' => STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT,
];

function method(array $ask): int
{
    $method = 0;
    foreach (METHODS as $version => $bit) {
        if ($version >= ($ask['min'] ?? '1.2') && $version <= ($ask['max'] ?? '1.3')) {
            $method |= $bit;
        }
    }
    return $method;
}

function context(array $ask)
{
    $ssl = [
        'verify_peer' => $ask['ca'] !== '', 'verify_peer_name' => $ask['ca'] !== '', 'peer_name' => $ask['host'] ?? 'localhost',
        'capture_peer_cert' => true, 'capture_peer_cert_chain' => true, 'crypto_method' => method($ask),
    ];
    $ssl += $ask['ca'] !== '' ? ['cafile' => $ask['ca']] : [];
    $ssl += isset($ask['certificate']) ? ['local_cert' => $ask['certificate'], 'local_pk' => $ask['key']] : [];
    $ssl += isset($ask['ciphers']) ? ['ciphers' => $ask['ciphers']] : [];
    $ssl += isset($ask['alpn']) ? ['alpn_protocols' => implode(',', $ask['alpn'])] : [];
    return stream_context_create(['ssl' => ($ask['ssl'] ?? []) + $ssl]);
}

function facts($stream, array $ask): array
{
    $made = stream_context_get_options($stream)['ssl'];
    $certificate = openssl_x509_parse($made['peer_certificate']);
    $chain = array_map(fn ($one) => openssl_x509_parse($one)['name'], $made['peer_certificate_chain']);
    fwrite($stream, "facts\n");
    $told = json_decode((string) fgets($stream), true);
    return [
        'crypto' => stream_get_meta_data($stream)['crypto'], 'peer' => $certificate['name'], 'names' => $certificate['extensions']['subjectAltName'] ?? '',
        'chain' => $chain, 'told' => $told, 'rest' => stream_get_contents($stream), 'end' => feof($stream),
    ];
}

function exchange($stream, array $ask): array
{
    if (isset($ask['down'])) {
        fwrite($stream, "down {$ask['down']}\n");
        return ['sum' => hash('sha256', stream_get_contents($stream, $ask['down']))];
    }
    if (isset($ask['up'])) {
        $content = file_get_contents($ask['up']);
        fwrite($stream, 'up ' . strlen($content) . "\n");
        for ($at = 0; $at < strlen($content); $at += $written) {
            $written = fwrite($stream, substr($content, $at, 65536));
        }
        return ['sum' => trim((string) fgets($stream))];
    }
    $told = facts($stream, $ask);
    return $told['told'] === null ? ['error' => 'no answer'] : $told;
}

function connect(array $ask): array
{
    $words = [];
    set_error_handler(function ($number, $text) use (&$words) {
        // The errors of OpenSSL, and PHP's own about names and fingerprints.
        $words[] = preg_replace(['/^stream_socket_client\(\): /', '/Unable to connect to .*?(\(|$)/s'], ['', 'unable to connect $1'], $text);
        return true;
    });
    $plain = isset($ask['late']) ? 'tcp' : 'ssl';
    $stream = stream_socket_client("{$plain}://127.0.0.1:{$ask['port']}", $code, $text, 20, STREAM_CLIENT_CONNECT, context($ask));
    if ($stream && isset($ask['late']) && stream_socket_enable_crypto($stream, true) !== true) {
        $stream = false;
    }
    $seen = $stream ? exchange($stream, $ask) : ['error' => $words];
    restore_error_handler();
    return $seen;
}

$seen = array_map('connect', json_decode(stream_get_contents(STDIN), true));
echo json_encode($seen);
