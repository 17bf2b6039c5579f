# Flags that every target gets. gcc and clang understand all of them.
add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla
    -Wno-missing-field-initializers -fno-common)
if(TLSRPT_WERROR)
    add_compile_options(-Werror)
endif()

if(TLSRPT_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

if(TLSRPT_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(TLSRPT_HARDEN)
    include(CheckIPOSupported)
    check_ipo_supported(RESULT lto OUTPUT lto_why LANGUAGES C)
    if(lto)
        set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    else()
        message(STATUS "no link-time optimisation: ${lto_why}")
    endif()
    include(CheckPIESupported)
    check_pie_supported(LANGUAGES C)
    set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
                        -fstack-clash-protection -fcf-protection)
    add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
endif()
