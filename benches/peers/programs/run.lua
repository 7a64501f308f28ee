-- Runs rows of rows.lua for the driver: the first line of standard input is the input, each later one names a row and how often it runs.
local cjson = require "cjson"
local ffi = require "ffi"

ffi.cdef "struct timespec { long s; long ns; }; int clock_gettime(int, struct timespec *);"
local spec = ffi.new "struct timespec"
local MONOTONIC = 1

local function now()
  ffi.C.clock_gettime(MONOTONIC, spec)
  return tonumber(spec.s) + tonumber(spec.ns) / 1e9
end

local function run(f, input, times)
  local result
  local start = now()
  for _ = 1, times do result = f(input) end
  return { seconds = now() - start, result = result }
end

local folder = arg[0]:match("^.*/") or ""
local rows = dofile(folder .. "rows.lua")
local input = cjson.decode(io.read())
io.stdout:setvbuf "line"
for line in io.lines() do
  local row, times = line:match("^(%S+) (%d+)$")
  local good, answer = pcall(run, rows[row], input, tonumber(times))
  print(cjson.encode(good and answer or { error = tostring(answer) }))
end
