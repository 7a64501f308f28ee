-- The rows in Lua. It has no map, filter and reduce of its own; they are written out as anybody would.
local cjson = require "cjson"

local function map(list, f)
  local out = {}
  for i = 1, #list do out[i] = f(list[i]) end
  return out
end

local function filter(list, f)
  local out = {}
  for i = 1, #list do
    if f(list[i]) then out[#out + 1] = list[i] end
  end
  return out
end

local function reduce(list, f, value)
  for i = 1, #list do value = f(value, list[i]) end
  return value
end

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

local function worth(order)
  return reduce(order.lines, function(sum, line) return sum + line.count * line.cents end, 0)
end

local state = { customers = {}, revenue = 0, refused = 0 }

local function priced(item)
  local out = {}
  for key, value in pairs(item) do out[key] = value end
  out.category = item.sku:match("^[^-]*")
  out.cents = item.price * item.quantity
  return out
end

local function order(attrs)
  local user, host = attrs.email:match("^([%w_.+-]+)@([%w_-]+%.[%w_.]+)$")
  if not user then return nil end
  local country = (attrs.country or "us"):upper()
  local coupon = (attrs.coupon or ""):match("^%s*(.-)%s*$"):upper()
  local items = map(filter(attrs.items, function(item) return item.quantity > 0 end), priced)
  local count = reduce(items, function(sum, item) return sum + item.quantity end, 0)
  local subtotal = reduce(items, function(sum, item) return sum + item.cents end, 0)
  local categories = reduce(items, function(sums, item)
    sums[item.category] = (sums[item.category] or 0) + item.cents
    return sums
  end, {})
  local names = {}
  for name in pairs(categories) do names[#names + 1] = name end
  table.sort(names, function(a, b) return categories[a] > categories[b] end)
  local best = names[1]
  local percent = tonumber(coupon:match("^SAVE(%d%d)$") or "0")
  local known = state.customers[user] or { orders = 0, cents = 0 }
  local regular = known.orders > 2
  local rebate = subtotal * (regular and percent + 5 or percent)
  local discount = (rebate - rebate % 100) / 100
  local shipping = country ~= "US" and 1295 or subtotal - discount >= 5000 and 0 or 495
  local total = subtotal - discount + shipping
  local label = user:sub(1, 1):upper() .. user:sub(2) .. " from " .. country .. ": " .. count .. " pieces, most of it " .. best
  local receipt = {
    to = user .. "@" .. host:lower(),
    label = label,
    lines = map(items, function(item) return item.quantity .. " x " .. item.name .. " = " .. item.cents end),
    categories = categories,
    discount = discount,
    shipping = shipping,
    total = total,
    greeting = regular and "Welcome back" or "Thank you",
  }
  local risky = total > 100000 or host:match("%.invalid$") or host:match("%.test$") or #items == 0
  if risky then
    state.refused = state.refused + 1
    return nil
  end
  state.customers[user] = { orders = known.orders + 1, cents = known.cents + total }
  state.revenue = state.revenue + total
  return receipt
end

local function up_to(n)
  local list = {}
  for i = 1, n do list[i] = i end
  return list
end

return {
  fib = function() return fib(30) end,

  loop_sum = function()
    local sum = 0
    for i = 1, 10000000 do sum = sum + i end
    return sum
  end,

  chain = function()
    local doubled = map(up_to(100000), function(x) return x * 2 end)
    local thirds = filter(doubled, function(x) return x % 3 == 0 end)
    return reduce(thirds, function(a, b) return a + b end, 0)
  end,

  sorting = function()
    local sorted = map(up_to(100000), function(i) return i * 7919 % 100003 end)
    table.sort(sorted, function(a, b) return a < b end)
    return { sorted[1], sorted[50001], sorted[100000] }
  end,

  text = function()
    local parts = {}
    for i = 1, 100000 do parts[i] = "item " .. i .. ";" end
    local text = table.concat(parts)
    return { #text, text:sub(500001, 500012) }
  end,

  mapping = function()
    local map, count = {}, 0
    for i = 1, 10000 do map["key" .. i] = i end
    for _ in pairs(map) do count = count + 1 end
    return { count, map.key777 }
  end,

  regexp = function(input)
    local micros = 0
    for line in input.log:gmatch("[^\n]+") do
      local _, _, time = line:match("^%S+ shard%-(%d+) GET /c/([%w_]+)/%S* 200 (%d+)us$")
      if time then micros = micros + tonumber(time) end
    end
    return micros
  end,

  json = function(input)
    local orders = cjson.decode(input.document).orders
    local open = map(filter(orders, function(order) return not order.paid end), function(order)
      return { id = order.id, name = order.customer.name:upper(), cents = worth(order) }
    end)
    local cities = reduce(orders, function(sums, order)
      local city = order.customer.city
      sums[city] = (sums[city] or 0) + worth(order)
      return sums
    end, {})
    return cjson.encode({ open = open, cities = cities })
  end,

  order = function(input) return order(input.attrs) end,
}
