package dma.dsa.internal.host;

import java.util.HexFormat;

/**
 * Functions in machine code of x86-64, called as C functions: arguments in rdi, rsi, rdx, the result in rax (System V
 * application binary interface, AMD64 supplement, 3.2.3 "Parameter Passing"). Encodings: Intel 64 and IA-32 Architectures
 * Software Developer's Manual, volume 2.
 */
enum Stub {
    /** {@code void movdir64b(portal, descriptor)}: sfence; movdir64b rdi, [rsi]; ret. */
    MOVDIR64B("0faef8 660f38f83e c3"),

    /**
     * {@code int enqcmd(portal, descriptor)}, 1 where the queue wants a retry: sfence; enqcmd rdi, [rsi]; sete al; movzx eax,
     * al; ret.
     */
    ENQCMD("0faef8 f20f38f83e 0f94c0 0fb6c0 c3");

    private final String hex;

    Stub(final String hex) {
        this.hex = hex;
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
