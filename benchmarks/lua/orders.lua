-- Orders, each by another customer under a key of its own; arguments: a file of tokens, a file with the body,
-- the number of the attempt: each begins with other customers, of whom each can order once.
require "told"

local tokens, number = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do tokens[#tokens + 1] = line end
  local file = io.open(arguments[2])
  wrk.body = file:read("*a")
  file:close()
  number = 400 * tonumber(arguments[3])
  prefix = os.time() .. "-" .. math.random(1e9)
end

function request()
  number = number + 1
  local headers = {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. tokens[(number - 1) % #tokens + 1],
    ["Idempotency-Key"] = prefix .. "-" .. number,
  }
  return wrk.format("POST", nil, headers)
end
