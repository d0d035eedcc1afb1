# Writes docs/openapi.yaml into a C source: cmake -DFROM=… -DTO=… -P openapi.cmake
file(READ ${FROM} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n    " bytes "${bytes}")
file(WRITE ${TO} "#include \"central/api/openapi.h\"\n\nconst uint8_t openapi_text[] = {\n    ${bytes}\n};\nconst size_t openapi_text_len = sizeof(openapi_text);\n")
