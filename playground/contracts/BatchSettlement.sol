// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.26;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// What names a channel. Nothing of it ever changes.
struct ChannelConfig {
    address payer;
    address payerAuthorizer;
    address receiver;
    address receiverAuthorizer;
    address token;
    uint40 withdrawDelay;
    bytes32 salt;
}

struct Voucher {
    ChannelConfig channel;
    uint128 maxClaimableAmount;
}

struct VoucherClaim {
    Voucher voucher;
    bytes signature;
    uint128 totalClaimed;
}

interface IDepositCollector {
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external;
}

interface IERC3009 {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;
}

/// A stand-in for x402's batch settlement contract on the playground's chain, written from the interface and the signed
/// messages of the x402 packages and from the scheme's specification: the same calls, rules and signed messages, its own code. Put in
/// place without running a constructor: everything that is fixed is a constant.
contract BatchSettlement is Multicall {
    using SafeERC20 for IERC20;

    struct Channel {
        uint128 balance;
        uint128 totalClaimed;
    }

    struct Withdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    struct Receiver {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    uint40 private constant MIN_WITHDRAW_DELAY = 15 minutes;
    uint40 private constant MAX_WITHDRAW_DELAY = 30 days;

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 private constant VOUCHER_TYPEHASH = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 private constant REFUND_TYPEHASH = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    bytes32 private constant CLAIM_ENTRY_TYPEHASH =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    bytes32 private constant CLAIM_BATCH_TYPEHASH = keccak256(
        "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );

    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);

    mapping(bytes32 channelId => Channel) public channels;
    mapping(bytes32 channelId => Withdrawal) public pendingWithdrawals;
    mapping(bytes32 channelId => uint256) public refundNonce;
    mapping(address receiver => mapping(address token => Receiver)) public receivers;

    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
    {
        require(
            config.payer != address(0) && config.receiver != address(0) && config.receiverAuthorizer != address(0)
                && config.token != address(0),
            "InvalidChannel"
        );
        require(
            config.withdrawDelay >= MIN_WITHDRAW_DELAY && config.withdrawDelay <= MAX_WITHDRAW_DELAY,
            "WithdrawDelayOutOfRange"
        );
        require(amount > 0, "ZeroDeposit");
        bytes32 channelId = getChannelId(config);
        channels[channelId].balance += amount;
        uint256 before = IERC20(config.token).balanceOf(address(this));
        IDepositCollector(collector).collect(config.payer, config.token, amount, channelId, collectorData);
        require(IERC20(config.token).balanceOf(address(this)) == before + amount, "DepositCollectionFailed");
    }

    function claim(VoucherClaim[] calldata voucherClaims) external {
        require(voucherClaims.length > 0, "EmptyBatch");
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            require(_isReceiverSide(voucherClaims[i].voucher.channel), "NotAuthorizedToClaim");
            _claim(voucherClaims[i]);
        }
    }

    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature) external {
        require(voucherClaims.length > 0, "EmptyBatch");
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        _requireSigned(authorizer, getClaimBatchDigest(voucherClaims), authorizerSignature);
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            require(voucherClaims[i].voucher.channel.receiverAuthorizer == authorizer, "NotReceiverAuthorizer");
            _claim(voucherClaims[i]);
        }
    }

    function settle(address receiver, address token) external {
        Receiver storage sums = receivers[receiver][token];
        uint128 amount = sums.totalClaimed - sums.totalSettled;
        if (amount == 0) return;
        sums.totalSettled = sums.totalClaimed;
        IERC20(token).safeTransfer(receiver, amount);
        emit Settled(receiver, token, msg.sender, amount);
    }

    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external {
        require(_isPayerSide(config), "InvalidChannel");
        require(amount > 0, "NothingToWithdraw");
        bytes32 channelId = getChannelId(config);
        require(pendingWithdrawals[channelId].initiatedAt == 0, "WithdrawalAlreadyPending");
        require(amount <= _unclaimed(channelId), "WithdrawAmountExceedsAvailable");
        pendingWithdrawals[channelId] = Withdrawal(amount, uint40(block.timestamp));
    }

    function finalizeWithdraw(ChannelConfig calldata config) external {
        require(_isPayerSide(config), "NotAuthorizedToFinalizeWithdraw");
        bytes32 channelId = getChannelId(config);
        Withdrawal memory pending = pendingWithdrawals[channelId];
        require(pending.initiatedAt != 0, "WithdrawalNotPending");
        require(block.timestamp >= pending.initiatedAt + config.withdrawDelay, "WithdrawDelayNotElapsed");
        delete pendingWithdrawals[channelId];
        _giveBack(config, channelId, pending.amount);
    }

    function refund(ChannelConfig calldata config, uint128 amount) external {
        require(_isReceiverSide(config), "NotAuthorizedToRefund");
        _refund(config, amount);
    }

    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external {
        bytes32 channelId = getChannelId(config);
        require(nonce == refundNonce[channelId], "InvalidRefundNonce");
        _requireSigned(config.receiverAuthorizer, getRefundDigest(channelId, nonce, amount), receiverAuthorizerSignature);
        _refund(config, amount);
    }

    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(CHANNEL_CONFIG_TYPEHASH, config)));
    }

    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(VOUCHER_TYPEHASH, channelId, maxClaimableAmount)));
    }

    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(REFUND_TYPEHASH, channelId, nonce, amount)));
    }

    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes memory entries;
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            VoucherClaim calldata one = voucherClaims[i];
            bytes32 entry = keccak256(
                abi.encode(
                    CLAIM_ENTRY_TYPEHASH,
                    getChannelId(one.voucher.channel),
                    one.voucher.maxClaimableAmount,
                    one.totalClaimed
                )
            );
            entries = bytes.concat(entries, entry);
        }
        return _digest(keccak256(abi.encode(CLAIM_BATCH_TYPEHASH, keccak256(entries))));
    }

    function _claim(VoucherClaim calldata one) private {
        ChannelConfig calldata config = one.voucher.channel;
        bytes32 channelId = getChannelId(config);
        Channel storage channel = channels[channelId];
        if (one.totalClaimed <= channel.totalClaimed) return;
        require(one.totalClaimed <= one.voucher.maxClaimableAmount, "ClaimExceedsCeiling");
        require(one.totalClaimed <= channel.balance, "ClaimExceedsBalance");
        bytes32 digest = getVoucherDigest(channelId, one.voucher.maxClaimableAmount);
        if (config.payerAuthorizer == address(0)) _requireSigned(config.payer, digest, one.signature);
        else require(ECDSA.recover(digest, one.signature) == config.payerAuthorizer, "InvalidSignature");
        receivers[config.receiver][config.token].totalClaimed += one.totalClaimed - channel.totalClaimed;
        channel.totalClaimed = one.totalClaimed;
    }

    function _refund(ChannelConfig calldata config, uint128 amount) private {
        require(amount > 0, "ZeroRefund");
        bytes32 channelId = getChannelId(config);
        refundNonce[channelId]++;
        uint128 refunded = _giveBack(config, channelId, amount);
        Withdrawal storage pending = pendingWithdrawals[channelId];
        if (refunded >= pending.amount) delete pendingWithdrawals[channelId];
        else pending.amount -= refunded;
    }

    /// Never more than is left unclaimed.
    function _giveBack(ChannelConfig calldata config, bytes32 channelId, uint128 wanted) private returns (uint128 amount) {
        uint128 unclaimed = _unclaimed(channelId);
        amount = wanted > unclaimed ? unclaimed : wanted;
        if (amount == 0) return 0;
        channels[channelId].balance -= amount;
        IERC20(config.token).safeTransfer(config.payer, amount);
    }

    function _unclaimed(bytes32 channelId) private view returns (uint128) {
        return channels[channelId].balance - channels[channelId].totalClaimed;
    }

    function _isReceiverSide(ChannelConfig calldata config) private view returns (bool) {
        return msg.sender == config.receiver || msg.sender == config.receiverAuthorizer;
    }

    function _isPayerSide(ChannelConfig calldata config) private view returns (bool) {
        return msg.sender == config.payer || msg.sender == config.payerAuthorizer;
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private view {
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), "InvalidSignature");
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("x402 Batch Settlement"), keccak256("1"), block.chainid, address(this)
            )
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}

/// A stand-in for x402's collector of deposits by ERC-3009, written in the same way.
contract ERC3009DepositCollector is IDepositCollector {
    using SafeERC20 for IERC20;

    /// Where the batch settlement contract stands, on every chain.
    address private constant SETTLEMENT = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;

    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external
    {
        require(msg.sender == SETTLEMENT, "OnlySettlement");
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(collectorData, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        IERC3009(token).receiveWithAuthorization(payer, address(this), amount, validAfter, validBefore, nonce, signature);
        IERC20(token).safeTransfer(SETTLEMENT, amount);
    }
}
